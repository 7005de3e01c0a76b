#include "common/events/feed.h"

namespace clientele::events {
namespace {

constexpr absl::Duration kKeepEvents = absl::Hours(7 * 24);
constexpr absl::Duration kKeepIdempotency = absl::Hours(24);
constexpr absl::Duration kKeepSagas = absl::Hours(7 * 24);
constexpr int kStepRows = 1000;
constexpr int kMaxSteps = 100;

// The oldest events up to the first that is kept, so that no event goes before one that stands ahead of it. The floor
// moves with them: a reader that has not seen them is told, and never silently misses them.
const pg::Statement kPurgeEvents{"purge_events", R"sql(
WITH head AS MATERIALIZED (
  SELECT xid, seq, create_time FROM outbox WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY xid, seq LIMIT $2::bigint),
kept AS (SELECT xid, seq FROM head WHERE create_time >= $1::timestamptz ORDER BY xid, seq LIMIT 1),
gone AS (
  DELETE FROM outbox USING head
  WHERE outbox.xid = head.xid AND outbox.seq = head.seq
    AND NOT EXISTS (SELECT FROM kept WHERE (kept.xid, kept.seq) <= (head.xid, head.seq))
  RETURNING outbox.xid, outbox.seq),
highest AS (SELECT xid, seq FROM gone ORDER BY xid DESC, seq DESC LIMIT 1),
moved AS (
  UPDATE feed_floor SET xid = highest.xid, seq = highest.seq FROM highest
  WHERE (feed_floor.xid, feed_floor.seq) < (highest.xid, highest.seq))
SELECT count(*) FROM gone)sql"};

const pg::Statement kPurgeIdempotency{"purge_idempotency", R"sql(
WITH old AS MATERIALIZED (
  SELECT principal, method, request_id FROM idempotency WHERE create_time < $1::timestamptz
  ORDER BY create_time LIMIT $2::bigint),
gone AS (DELETE FROM idempotency USING old
  WHERE (idempotency.principal, idempotency.method, idempotency.request_id) =
        (old.principal, old.method, old.request_id) RETURNING 1)
SELECT count(*) FROM gone)sql"};

const pg::Statement kPurgeSagas{"purge_sagas", R"sql(
WITH old AS MATERIALIZED (
  SELECT id FROM saga WHERE done AND done_time < $1::timestamptz ORDER BY done_time LIMIT $2::bigint),
gone AS (DELETE FROM saga USING old WHERE saga.id = old.id AND saga.done RETURNING 1)
SELECT count(*) FROM gone)sql"};

// One transaction a step: none holds the feed's horizon, or locks, for long.
absl::StatusOr<int> DeleteInSteps(pg::Session& session, const pg::Statement& statement, absl::Time before) {
  int total = 0;
  for (int step = 0; step < kMaxSteps; ++step) {
    absl::StatusOr<pg::Rows> rows = session.Write(statement, pg::Params().Time(before).Int(kStepRows));
    if (!rows.ok()) return rows.status();
    const int gone = static_cast<int>(rows->Int(0, 0));
    total += gone;
    if (gone < kStepRows) break;
  }
  return total;
}

}  // namespace

absl::StatusOr<int> Purge(pg::Session& session, absl::Time now) {
  int total = 0;
  const std::pair<const pg::Statement&, absl::Duration> kinds[] = {
      {kPurgeEvents, kKeepEvents}, {kPurgeIdempotency, kKeepIdempotency}, {kPurgeSagas, kKeepSagas}};
  for (const auto& [statement, keep] : kinds) {
    absl::StatusOr<int> gone = DeleteInSteps(session, statement, now - keep);
    if (!gone.ok()) return gone.status();
    total += *gone;
  }
  return total;
}

}  // namespace clientele::events
