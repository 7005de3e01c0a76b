#include "common/events/feed.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/obs/metrics.h"

namespace clientele::events {
namespace {

// Page, end, floor and epoch in one statement: in one snapshot. The horizon is the oldest transaction that still runs
// in it; what lies below is committed and visible, or rolled back, and nothing can come in there later. A page is
// found by comparing rows, which the primary key answers in one range scan; spelt out with OR it would not.
const pg::Statement kPage{"feed_page", R"sql(
SELECT epoch.epoch, floor.xid, floor.seq,
       pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmax(pg_current_snapshot()),
       last.xid, last.seq, beat.xid,
       page.xid, page.seq, page.id, page.type, page.subject, page.partner, page.generation, page.revision, page.after,
       page.changed_fields, page.request_id, page.trace_id, page.actor, page.create_time
FROM feed_epoch AS epoch
CROSS JOIN feed_floor AS floor
LEFT JOIN LATERAL (
  SELECT xid, seq FROM outbox WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY xid DESC, seq DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (
  SELECT xid FROM feed_heartbeat WHERE xid < pg_snapshot_xmin(pg_current_snapshot())) AS beat ON true
LEFT JOIN LATERAL (
  SELECT * FROM outbox
  WHERE (xid, seq) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY xid, seq LIMIT $3::bigint) AS page ON true
ORDER BY page.xid, page.seq)sql"};
constexpr int kFirstEventColumn = 8;

// A heartbeat that the feed has not passed yet would only be replaced by one that it passes later still.
const pg::Statement kBeat{"feed_beat", R"sql(
UPDATE feed_heartbeat SET xid = pg_current_xact_id(), beat_time = clock_timestamp()
WHERE beat_time < clock_timestamp() - interval '1 second'
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND pg_snapshot_xmax(pg_current_snapshot())::text::numeric > 1 +
      greatest(xid, (SELECT o.xid FROM outbox AS o ORDER BY o.xid DESC, o.seq DESC LIMIT 1))::text::numeric)sql"};

struct Place {
  uint64_t xid = 0;
  uint64_t seq = 0;
  friend bool operator<(const Place& a, const Place& b) { return a.xid != b.xid ? a.xid < b.xid : a.seq < b.seq; }
};

// How long the horizon has stood still while transactions run: one that hangs stalls every feed of the cluster.
class HorizonWatch {
 public:
  void See(uint64_t xmin, uint64_t xmax) {
    const absl::Time now = absl::Now();
    MutexLock lock(&mutex_);
    if (xmin != horizon_) {
      horizon_ = xmin;
      since_ = now;
    }
    age_.Set(xmin < xmax ? absl::ToDoubleSeconds(now - since_) : 0);
  }

 private:
  Mutex mutex_;
  uint64_t horizon_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time since_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  obs::Gauge& age_ = obs::GaugeFor("clientele_feed_horizon_age_seconds",
                                   "For how long the oldest running transaction has held the feed's end.");
};

void WatchHorizon(uint64_t xmin, uint64_t xmax) {
  static HorizonWatch& watch = *new HorizonWatch;
  watch.See(xmin, xmax);
}

// What the reader's statement saw beside the page.
struct Frame {
  std::string epoch;
  Place floor;
  uint64_t xmax = 0;  // the first transaction id that had not been given out
  Place end;
};

Frame DecodeFrame(const pg::Rows& rows) {
  Frame frame;
  frame.epoch = std::string(rows.Text(0, 0));
  frame.floor = {rows.Unsigned(0, 1), rows.Unsigned(0, 2)};
  frame.xmax = rows.Unsigned(0, 4);
  // The floor counts too: what was purged was committed, and a reader must not be sent back before it.
  const Place last{rows.Unsigned(0, 5), rows.Unsigned(0, 6)};
  const Place beat{rows.Unsigned(0, 7), 0};
  frame.end = std::max({frame.floor, last, beat});
  WatchHorizon(rows.Unsigned(0, 3), frame.xmax);
  return frame;
}

StoredEvent DecodeEvent(const pg::Rows& rows, int row, const std::string& epoch) {
  StoredEvent event;
  event.position = {epoch, rows.Unsigned(row, kFirstEventColumn), rows.Unsigned(row, kFirstEventColumn + 1)};
  pg::RowReader reader(rows, row, kFirstEventColumn + 2);
  event.id = reader.Text();
  event.type = reader.Text();
  event.subject = reader.Text();
  event.partner = reader.Text();
  event.generation = reader.Int();
  event.revision = reader.Int();
  event.after = reader.Bytes();
  event.changed_fields = reader.TextArray();
  event.request_id = reader.Text();
  event.trace_id = reader.Text();
  event.actor = reader.Text();
  event.time = reader.Time();
  return event;
}

absl::StatusOr<pg::Rows> Fetch(pg::Session& session, const Place& after, int limit) {
  absl::StatusOr<pg::Rows> rows =
      session.Read(kPage, pg::Params().Text(absl::StrCat(after.xid)).Int(static_cast<int64_t>(after.seq)).Int(limit));
  if (rows.ok() && rows->empty()) return absl::InternalError("feed_epoch has no row");
  return rows;
}

absl::Status CheckReadable(const FeedPosition& after, const Frame& frame) {
  if (after.epoch.empty()) return absl::OkStatus();
  // A transaction id that was never given out: a history that was lost, although nobody declared a new epoch.
  if (after.epoch != frame.epoch || after.txid >= frame.xmax) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "POSITION_FOREIGN",
                     "the position belongs to another history of this service; read the lists, then start at the end");
  }
  if (Place{after.txid, after.sequence} < frame.floor) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "POSITION_EXPIRED",
                     "events after the position are no longer kept; read the lists, then start at the end");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FeedPage> ReadFeed(pg::Session& session, const FeedPosition& after, int limit) {
  const Place from{after.txid, after.sequence};
  absl::StatusOr<pg::Rows> rows = Fetch(session, from, limit);
  if (!rows.ok()) return rows.status();
  const Frame frame = DecodeFrame(*rows);
  if (absl::Status status = CheckReadable(after, frame); !status.ok()) return status;

  FeedPage page;
  if (!rows->IsNull(0, kFirstEventColumn)) {
    page.events.reserve(rows->size());
    for (int row = 0; row < rows->size(); ++row) page.events.push_back(DecodeEvent(*rows, row, frame.epoch));
  }
  if (static_cast<int>(page.events.size()) == limit && limit > 0) {
    page.position = page.events.back().position;
  } else {
    // A heartbeat that a newer one has replaced is no longer seen: the reader keeps what it had.
    const Place end = std::max(from, frame.end);
    page.position = {frame.epoch, end.xid, end.seq};
  }
  return page;
}

absl::StatusOr<FeedPosition> FeedEnd(pg::Session& session) {
  absl::StatusOr<pg::Rows> rows = Fetch(session, Place{}, 0);
  if (!rows.ok()) return rows.status();
  const Frame frame = DecodeFrame(*rows);
  return FeedPosition{frame.epoch, frame.end.xid, frame.end.seq};
}

absl::Status Beat(pg::Session& session) { return session.Write(kBeat, pg::Params()).status(); }

}  // namespace clientele::events
