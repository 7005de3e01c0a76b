#include "common/core/timer.h"

#include <algorithm>

namespace clientele {
namespace {

// A delay that a time point can hold; nobody waits longer than that.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

}  // namespace

Timer::Timer() {
  MutexLock lock(&joining_);
  thread_ = std::thread([this] { Run(); });
}

Timer::~Timer() { Stop(); }

Timer::Id Timer::After(absl::Duration delay, std::function<void()> function) {
  delay = std::clamp(delay, absl::ZeroDuration(), kLongest);
  const Moment moment = std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(delay);
  MutexLock lock(&mutex_);
  if (stopped_) return kNone;
  const Id id = ++last_id_;
  waiting_[{moment, id}] = std::move(function);
  moments_[id] = moment;
  if (waiting_.begin()->first.second == id) changed_.NotifyOne();
  return id;
}

bool Timer::Cancel(Id id) {
  std::function<void()> dropped;  // destroyed outside the lock
  MutexLock lock(&mutex_);
  const auto moment = moments_.find(id);
  if (moment == moments_.end()) return false;
  const auto entry = waiting_.find({moment->second, id});
  dropped = std::move(entry->second);
  waiting_.erase(entry);
  moments_.erase(moment);
  return true;
}

std::vector<std::function<void()>> Timer::Stop() {
  std::vector<std::function<void()>> left;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    for (auto& [when, function] : waiting_) left.push_back(std::move(function));
    waiting_.clear();
    moments_.clear();
    changed_.NotifyOne();
  }
  MutexLock lock(&joining_);
  if (thread_.joinable()) thread_.join();
  return left;
}

void Timer::Run() {
  for (;;) {
    std::function<void()> due;
    {
      MutexLock lock(&mutex_);
      for (;;) {
        if (stopped_) return;
        if (waiting_.empty()) {
          changed_.Wait(&mutex_);
          continue;
        }
        const auto first = waiting_.begin();
        const auto left = first->first.first - std::chrono::steady_clock::now();
        if (left > std::chrono::steady_clock::duration::zero()) {
          changed_.WaitFor(&mutex_, absl::FromChrono(left));
          continue;
        }
        due = std::move(first->second);
        moments_.erase(first->first.second);
        waiting_.erase(first);
        break;
      }
    }
    due();
  }
}

}  // namespace clientele
