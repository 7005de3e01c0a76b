#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/pg/session.h"

namespace clientele::events {

// One event as it stands in the outbox.
struct StoredEvent {
  FeedPosition position;
  std::string id;
  std::string type;
  std::string subject;
  std::string partner;
  int64_t generation = 0;
  int64_t revision = 0;
  std::string after;  // serialized google.protobuf.Any
  std::vector<std::string> changed_fields;
  std::string request_id;
  std::string trace_id;
  std::string actor;
  absl::Time time;
};

struct FeedPage {
  std::vector<StoredEvent> events;
  // Everything up to here was scanned: the last event of the page, or the last committed event or heartbeat below the
  // horizon. Never above what is durable, never before what the reader had.
  FeedPosition position;
};

// Events after `after` (an empty epoch is the oldest), at most `limit`, in (txid, sequence) order below the oldest
// running transaction. FAILED_PRECONDITION/POSITION_EXPIRED or POSITION_FOREIGN.
absl::StatusOr<FeedPage> ReadFeed(pg::Session& session, const FeedPosition& after, int limit);

// The feed's end as it is now.
absl::StatusOr<FeedPosition> FeedEnd(pg::Session& session);

// Commits a heartbeat where the last one is older than a second, the feed has passed it, and transactions ran since
// that left no event: so that an idle feed moves, and a quiet database stays quiet.
absl::Status Beat(pg::Session& session);

// Deletes, in small steps of at most 1,000 rows, events older than 7 days, idempotency records older than 24 h and
// finished sagas older than 7 days (`now` is domain time). Answers how many rows went; at most 100,000 of each, so
// that a worker comes free again.
absl::StatusOr<int> Purge(pg::Session& session, absl::Time now);

// The opaque text of a position, and back; the text of no position is empty. INVALID_ARGUMENT/INVALID_FIELD for
// anything else.
std::string FormatPosition(const FeedPosition& position);
absl::StatusOr<FeedPosition> ParsePosition(absl::string_view text);

}  // namespace clientele::events
