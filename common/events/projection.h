#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/core/call_context.h"
#include "common/pg/executor.h"

namespace clientele::events {

// Fetches a page of another service's feed after `position` (empty: the oldest) and calls back, on any thread, exactly
// once. `wait`: a second, for an event (a long poll). It is asked again, without, while it waits, when somebody needs
// to know how far the feed is.
using FetchPage = std::function<void(const std::string& position, int page_size, bool wait,
                                     std::function<void(absl::StatusOr<event::v1::ListEventsResponse>)>)>;
// Applies one event inside the projection's transaction; applying it again, or an older one, changes nothing.
using ApplyEvent = std::function<absl::Status(pg::Session&, const event::v1::Event&)>;

// A copy of another service's facts, fed by its feed. It fetches without a transaction, then locks its cursor row,
// compares it with the one it fetched from, applies, advances and commits: two replicas cannot both apply. Errors back
// off and are counted; an event that cannot be applied stops the copy there, loudly, until it can. Where the feed no
// longer knows the cursor, everything that is kept is applied again from the oldest.
class Projection {
 public:
  struct Options {
    std::string source;  // the other service's name, such as relationship
    int page_size = 500;
  };
  Projection(Options options, pg::Executor& executor, FetchPage fetch, ApplyEvent apply);
  ~Projection();

  void Start();
  // Returns once nothing of it runs any more; who waits is answered. Not from a callback of its own. Idempotent.
  void Stop();

  // Calls back when the copy holds everything up to `wanted`, or with UNAVAILABLE/CONSISTENCY_NOT_REACHED and RetryInfo
  // at the deadline. Runs on any thread. Makes the projection fetch at once.
  void WaitFor(const FeedPosition& wanted, absl::Time deadline, std::function<void(absl::Status)> done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace clientele::events
