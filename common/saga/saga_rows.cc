#include "common/saga/saga_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/given.h"
#include "common/rpc/consistency.h"

namespace clientele::saga {
namespace {

#define CLIENTELE_SAGA_ROW                                                                                           \
  "saga.id, saga.kind, saga.subject, saga.step, saga.state, saga.attempt_count, saga.principal, saga.on_behalf_of, " \
  "saga.trace_id, saga.request_id, saga.consistency"
constexpr int kRowColumns = 11;

// A step that is still ours to write.
#define CLIENTELE_SAGA_MINE                                                                                         \
  " FROM given WHERE saga.id = given.id AND saga.owner = given.owner AND saga.step = given.step AND NOT saga.done " \
  "AND saga.lease_until > clock_timestamp() "
std::vector<pg::GivenColumn> WithGuard(std::vector<pg::GivenColumn> columns) {
  columns.insert(columns.begin(), {{"id", "uuid"}, {"owner", "text"}, {"step", "integer"}});
  return columns;
}

const pg::GivenStatement kRead{"saga_read",
                               {{"id", "uuid"}, {"owner", "text"}},
                               "SELECT given.place, " CLIENTELE_SAGA_ROW
                               ", NOT saga.done AND saga.owner = given.owner AND saga.lease_until > clock_timestamp(), "
                               "(1000 * extract(epoch FROM saga.lease_until - clock_timestamp()))::bigint "
                               "FROM given JOIN saga ON saga.id = given.id"};

// statement_timestamp() where the index is to be used: a volatile clock could not bound it.
const pg::Statement kClaim{"saga_claim",
                           "WITH due AS MATERIALIZED ("
                           "  SELECT id FROM saga WHERE NOT done AND next_attempt <= statement_timestamp()"
                           "    AND lease_until <= clock_timestamp() AND kind = ANY($3::text[])"
                           "  ORDER BY next_attempt LIMIT $4::bigint FOR UPDATE SKIP LOCKED) "
                           "UPDATE saga SET owner = $1,"
                           "  lease_until = clock_timestamp() + $2::bigint * interval '1 millisecond' "
                           "FROM due WHERE saga.id = due.id RETURNING " CLIENTELE_SAGA_ROW};

const pg::Statement kRenew{"saga_renew",
                           "UPDATE saga SET lease_until = clock_timestamp() + $2::bigint * interval '1 millisecond' "
                           "WHERE id = ANY($3::uuid[]) AND owner = $1 AND NOT done AND lease_until > clock_timestamp() "
                           "RETURNING id"};

const pg::Statement kRelease{"saga_release",
                             "UPDATE saga SET lease_until = clock_timestamp() "
                             "WHERE owner = $1 AND NOT done AND lease_until > clock_timestamp()"};

const pg::GivenStatement kNext{
    "saga_next",
    WithGuard({{"next_step", "integer"}, {"state", "bytea"}, {"consistency", "text"}, {"lease", "bigint"}}),
    "UPDATE saga SET step = given.next_step, state = given.state, consistency = given.consistency, attempt_count = 0, "
    "last_error = '', next_attempt = clock_timestamp(), "
    "lease_until = clock_timestamp() + given.lease * interval '1 millisecond'" CLIENTELE_SAGA_MINE
    "RETURNING given.place"};

const pg::GivenStatement kRetry{
    "saga_retry",
    WithGuard({{"attempt_count", "integer"},
               {"last_error", "text"},
               {"consistency", "text"},
               {"delay", "bigint"},
               {"lease", "bigint"}}),
    "UPDATE saga SET attempt_count = given.attempt_count, last_error = given.last_error, "
    "consistency = given.consistency, next_attempt = clock_timestamp() + given.delay * interval '1 millisecond', "
    "lease_until = clock_timestamp() + given.lease * interval '1 millisecond'" CLIENTELE_SAGA_MINE
    "RETURNING given.place"};

// The state goes: a finished saga holds names and numbers, no messages. Where it is to be forgotten, so does the record
// of the request that started it.
const pg::GivenStatement kDone{
    "saga_done",
    WithGuard({{"outcome", "bytea"},
               {"consistency", "text"},
               {"done_time", "timestamptz"},
               {"last_error", "text"},
               {"forget", "boolean"}}),
    ", ended AS (UPDATE saga SET done = true, outcome = given.outcome, state = NULL, consistency = given.consistency, "
    "  done_time = given.done_time, last_error = given.last_error, lease_until = clock_timestamp()" CLIENTELE_SAGA_MINE
    "  RETURNING saga.id, given.forget, given.place), "
    "forgotten AS (DELETE FROM idempotency i USING ended e WHERE e.forget AND i.saga = e.id) "
    "SELECT place FROM ended"};

const pg::Statement kOutcomes{"saga_outcomes",
                              "SELECT id, done, outcome, consistency FROM saga WHERE id = ANY($1::uuid[])"};

// What this service itself has written can be read back; anything else is no reason to stop a saga.
Consistency ConsistencyOf(absl::string_view text) {
  absl::StatusOr<Consistency> consistency = rpc::ParseConsistency(text);
  return consistency.ok() ? *std::move(consistency) : Consistency{};
}

Row DecodeRow(const pg::Rows& rows, int index, int first_column = 0) {
  pg::RowReader reader(rows, index, first_column);
  Row row;
  row.id = reader.Text();
  row.kind = reader.Text();
  row.subject = reader.Text();
  row.step = static_cast<int>(reader.Int());
  row.state = reader.Bytes();
  row.attempt_count = static_cast<int>(reader.Int());
  row.principal = reader.Text();
  row.on_behalf_of = reader.Text();
  row.trace_id = reader.Text();
  row.request_id = reader.Text();
  row.consistency = ConsistencyOf(reader.Text());
  return row;
}

pg::Params Guard(const Lease& lease, const Row& row) {
  pg::Params params;
  params.Text(row.id).Text(lease.owner).Int(row.step);
  return params;
}

absl::StatusOr<bool> Store(pg::Session& session, const pg::GivenStatement& statement, const Row& row,
                           const pg::Params& params) {
  const absl::StatusOr<pg::Rows> rows = pg::WriteGiven(session, statement, params, row.id);
  if (!rows.ok()) return rows.status();
  return !rows->empty();
}

absl::Status NoSuchSaga(const std::string& id) {
  return MakeError(absl::StatusCode::kNotFound, "SAGA_NOT_FOUND", absl::StrCat("no such saga: ", id), {{"saga", id}});
}

}  // namespace

absl::StatusOr<Found> ReadRow(pg::Session& session, const std::string& id, const std::string& owner) {
  const absl::StatusOr<pg::Rows> rows = pg::ReadGiven(session, kRead, pg::Params().Text(id).Text(owner));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuchSaga(id);
  return Found{DecodeRow(*rows, 0, 1), rows->Bool(0, kRowColumns + 1),
               absl::Milliseconds(rows->Int(0, kRowColumns + 2))};
}

absl::StatusOr<std::vector<Row>> ClaimDue(pg::Session& session, const Lease& lease,
                                          const std::vector<std::string>& kinds, int limit) {
  absl::StatusOr<pg::Rows> rows = session.Write(
      kClaim,
      pg::Params().Text(lease.owner).Int(absl::ToInt64Milliseconds(lease.duration)).TextArray(kinds).Int(limit));
  if (!rows.ok()) return rows.status();
  std::vector<Row> claimed;
  claimed.reserve(rows->size());
  for (int i = 0; i < rows->size(); ++i) claimed.push_back(DecodeRow(*rows, i));
  return claimed;
}

absl::StatusOr<std::set<std::string>> RenewLeases(pg::Session& session, const Lease& lease,
                                                  const std::vector<std::string>& ids) {
  absl::StatusOr<pg::Rows> rows = session.Write(
      kRenew, pg::Params().Text(lease.owner).Int(absl::ToInt64Milliseconds(lease.duration)).TextArray(ids));
  if (!rows.ok()) return rows.status();
  std::set<std::string> renewed;
  for (int i = 0; i < rows->size(); ++i) renewed.emplace(rows->Text(i, 0));
  return renewed;
}

absl::Status ReleaseLeases(pg::Session& session, const std::string& owner) {
  return session.Write(kRelease, pg::Params().Text(owner)).status();
}

absl::StatusOr<bool> StoreNext(pg::Session& session, const Lease& lease, const Row& row, const Row& next) {
  return Store(session, kNext, row,
               Guard(lease, row)
                   .Int(next.step)
                   .Bytes(next.state)
                   .Text(rpc::FormatConsistency(next.consistency))
                   .Int(absl::ToInt64Milliseconds(lease.duration)));
}

absl::StatusOr<bool> StoreRetry(pg::Session& session, const Lease& lease, const Row& row, const Retry& retry,
                                const Consistency& seen) {
  return Store(session, kRetry, row,
               Guard(lease, row)
                   .Int(row.attempt_count + 1)
                   .Text(retry.reason)
                   .Text(rpc::FormatConsistency(seen))
                   .Int(absl::ToInt64Milliseconds(retry.delay))
                   .Int(retry.let_go ? 0 : absl::ToInt64Milliseconds(lease.duration)));
}

absl::StatusOr<bool> StoreDone(pg::Session& session, const Lease& lease, const Row& row, const Outcome& outcome,
                               bool forget, absl::Time now) {
  return Store(session, kDone, row,
               Guard(lease, row)
                   .Bytes(SerializeStatus(outcome.status))
                   .Text(rpc::FormatConsistency(outcome.consistency))
                   .Time(now)
                   .Text(ReasonOf(outcome.status))
                   .Bool(forget));
}

absl::StatusOr<std::map<std::string, Outcome>> ReadOutcomes(pg::Session& session, const std::set<std::string>& ids) {
  absl::StatusOr<pg::Rows> rows =
      session.Read(kOutcomes, pg::Params().TextArray(std::vector<std::string>(ids.begin(), ids.end())));
  if (!rows.ok()) return rows.status();
  std::map<std::string, Outcome> outcomes;
  for (const std::string& id : ids) outcomes[id] = {NoSuchSaga(id), {}};
  for (int i = 0; i < rows->size(); ++i) {
    const std::string id(rows->Text(i, 0));
    if (rows->Bool(i, 1)) {
      outcomes[id] = {ParseStatus(rows->Bytes(i, 2)), ConsistencyOf(rows->Text(i, 3))};
    } else {
      outcomes.erase(id);
    }
  }
  return outcomes;
}

}  // namespace clientele::saga
