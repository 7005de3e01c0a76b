#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/core/mutex.h"
#include "common/core/timer.h"

namespace clientele::events {

// Who waits until a copy of `source`'s facts has come to a position. Each is answered exactly once, never under a lock
// of this class. Thread-safe; `timer` is stopped before it goes.
class PositionWaiters {
 public:
  using Done = std::function<void(absl::Status)>;

  PositionWaiters(std::string source, Timer& timer) : source_(std::move(source)), timer_(timer) {}

  // True where a copy that stands at `position` holds everything up to `wanted`.
  static bool Reached(const FeedPosition& position, const FeedPosition& wanted);

  void Add(const FeedPosition& wanted, absl::Time deadline, Done done);
  bool empty() const;

  // Answers those that `position` satisfies. `read_from`: when the read began that found the feed's end at `position`;
  // InfinitePast where it did not. Positions of another epoch cannot be compared: their history is lost, so the end
  // as it was found after they were asked for is all there is.
  void Release(const FeedPosition& position, absl::Time read_from);
  // Answers everyone UNAVAILABLE/CONSISTENCY_NOT_REACHED.
  void Refuse();

  // UNAVAILABLE/CONSISTENCY_NOT_REACHED with RetryInfo.
  absl::Status NotReached() const;

 private:
  struct Waiter {
    FeedPosition wanted;
    absl::Time since;
    Timer::Id expiry;
    Done done;
  };
  void Expire(uint64_t id);

  const std::string source_;
  Timer& timer_;
  mutable Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace clientele::events
