#include "common/events/position_waiters.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/core/error.h"

namespace clientele::events {

bool PositionWaiters::Reached(const FeedPosition& position, const FeedPosition& wanted) {
  if (wanted.epoch.empty()) return true;
  return position.epoch == wanted.epoch && !(position < wanted);
}

void PositionWaiters::Add(const FeedPosition& wanted, absl::Time deadline, Done done) {
  const absl::Time now = absl::Now();
  MutexLock lock(&mutex_);
  const uint64_t id = ++last_id_;
  const Timer::Id expiry = timer_.After(deadline - now, [this, id] { Expire(id); });
  waiters_[id] = Waiter{wanted, now, expiry, std::move(done)};
}

bool PositionWaiters::empty() const {
  MutexLock lock(&mutex_);
  return waiters_.empty();
}

void PositionWaiters::Release(const FeedPosition& position, absl::Time read_from) {
  std::vector<Done> released;
  {
    MutexLock lock(&mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      const Waiter& waiter = it->second;
      const bool lost_history = position.epoch != waiter.wanted.epoch && read_from >= waiter.since;
      if (!lost_history && !Reached(position, waiter.wanted)) {
        ++it;
        continue;
      }
      timer_.Cancel(waiter.expiry);
      released.push_back(std::move(it->second.done));
      it = waiters_.erase(it);
    }
  }
  for (const Done& done : released) done(absl::OkStatus());
}

void PositionWaiters::Refuse() {
  std::map<uint64_t, Waiter> refused;
  {
    MutexLock lock(&mutex_);
    refused.swap(waiters_);
  }
  for (const auto& [id, waiter] : refused) waiter.done(NotReached());
}

absl::Status PositionWaiters::NotReached() const {
  return WithRetry(
      MakeError(absl::StatusCode::kUnavailable, "CONSISTENCY_NOT_REACHED",
                "this service has not yet heard everything that the caller has seen; try again", {{"source", source_}}),
      absl::Milliseconds(250));
}

void PositionWaiters::Expire(uint64_t id) {
  Done done;
  {
    MutexLock lock(&mutex_);
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) return;
    done = std::move(found->second.done);
    waiters_.erase(found);
  }
  done(NotReached());
}

}  // namespace clientele::events
