#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/core/call_context.h"
#include "common/events/projection.h"
#include "common/pg/session.h"

// The cursor row of a projection: how far this schema has applied another service's feed.
namespace clientele::events {

// Where the row stands; it is made, at the oldest, where it is missing.
absl::StatusOr<FeedPosition> LoadCursor(pg::Session& session, const std::string& source);

// Moves the row from `from` to `to` and answers where it stands: elsewhere, if another replica was quicker.
absl::StatusOr<FeedPosition> MoveCursor(pg::Session& session, const std::string& source, const FeedPosition& from,
                                        const FeedPosition& to);

// Events to apply in one transaction, and where that leads.
struct Batch {
  const google::protobuf::RepeatedPtrField<event::v1::Event>* events = nullptr;
  int count = 0;  // of them
  FeedPosition to;
};

struct BatchOutcome {
  absl::Status status;
  FeedPosition cursor;    // where the row stands, as far as known
  bool stale = false;     // the row was not where the events were fetched from: nothing was applied
  int failed_event = -1;  // index of the event that could not be applied
};

// Locks the row, compares it with `from`, applies, advances, commits.
BatchOutcome ApplyBatch(pg::Session& session, const std::string& source, const FeedPosition& from, const Batch& batch,
                        const ApplyEvent& apply);

}  // namespace clientele::events
