#include "common/saga/joiners.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/saga/saga_rows.h"

namespace clientele::saga {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

}  // namespace

absl::Status Joiners::StillRunning(const std::string& id) {
  return WithRetry(MakeError(absl::StatusCode::kUnavailable, "SAGA_RUNNING",
                             "the change is under way and goes on; ask again with the same request_id", {{"saga", id}}),
                   absl::Seconds(1));
}

void Joiners::Add(const std::string& id, absl::Time deadline, Done done) {
  MutexLock lock(&mutex_);
  const uint64_t waiter = ++last_waiter_;
  const Timer::Id expiry = work_.Later(deadline - absl::Now(), [this, id, waiter] { Expire(id, waiter); });
  waiters_[id][waiter] = Waiter{expiry, std::move(done)};
}

void Joiners::Answer(const std::string& id, const Outcome& outcome) {
  std::map<uint64_t, Waiter> answered;
  {
    MutexLock lock(&mutex_);
    watched_.erase(id);
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) return;
    answered = std::move(found->second);
    waiters_.erase(found);
  }
  for (const auto& [key, waiter] : answered) {
    work_.Cancel(waiter.expiry);
    waiter.done(outcome);
  }
}

void Joiners::Watch(const std::string& id) {
  {
    MutexLock lock(&mutex_);
    if (waiters_.count(id) == 0) return;
    watched_.insert(id);
    fresh_ = true;
    if (looking_ && !work_.Cancel(nap_)) return;  // it looks right now, and will look again
    looking_ = true;
  }
  LookUp();
}

void Joiners::Refuse() {
  std::map<std::string, std::map<uint64_t, Waiter>> refused;
  {
    MutexLock lock(&mutex_);
    refused.swap(waiters_);
  }
  for (const auto& [id, waiters] : refused) {
    for (const auto& [key, waiter] : waiters) waiter.done({StillRunning(id), {}});
  }
}

void Joiners::Expire(const std::string& id, uint64_t waiter) {
  Done done;
  {
    MutexLock lock(&mutex_);
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) return;
    const auto entry = found->second.find(waiter);
    if (entry == found->second.end()) return;
    done = std::move(entry->second.done);
    found->second.erase(entry);
    if (found->second.empty()) {
      waiters_.erase(found);
      watched_.erase(id);
    }
  }
  done({StillRunning(id), {}});
}

void Joiners::LookUp() {
  std::set<std::string> ids;
  {
    MutexLock lock(&mutex_);
    nap_ = Timer::kNone;
    if (fresh_) pause_ = kFirstPause;
    fresh_ = false;
    ids = watched_;
    if (ids.empty()) {
      looking_ = false;
      return;
    }
  }
  work_.OnLane(pg::Lane::kBulk, [this, ids](absl::StatusOr<pg::Session*> session) {
    if (session.ok()) {
      const auto outcomes = ReadOutcomes(**session, ids);
      if (outcomes.ok()) {
        for (const auto& [id, outcome] : *outcomes) Answer(id, outcome);
      }
    }
    LookUpAgain();
  });
}

void Joiners::LookUpAgain() {
  MutexLock lock(&mutex_);
  const absl::Duration pause = fresh_ ? absl::ZeroDuration() : pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  nap_ = work_.Later(pause, [this] { LookUp(); });
}

}  // namespace clientele::saga
