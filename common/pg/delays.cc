#include "common/pg/delays.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace clientele::pg {

Delays::Delays() {
  MutexLock lock(&joining_);
  thread_ = std::thread([this] { Work(); });
}

Delays::~Delays() { Stop(); }

void Delays::Add(absl::Time when, Due due) {
  {
    MutexLock lock(&mutex_);
    if (!stopping_) {
      const auto place = waiting_.emplace(when, std::move(due));
      if (place == waiting_.begin()) changed_.NotifyOne();
      return;
    }
  }
  due(false);
}

void Delays::Work() {
  while (true) {
    Due due;
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      const absl::Duration left = waiting_.empty() ? absl::InfiniteDuration() : waiting_.begin()->first - absl::Now();
      if (left > absl::ZeroDuration()) {
        changed_.WaitFor(&mutex_, std::min(left, absl::Hours(1)));
        continue;
      }
      due = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    due(true);
  }
}

void Delays::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  {
    MutexLock lock(&joining_);
    if (thread_.joinable()) thread_.join();
  }
  std::multimap<absl::Time, Due> left;
  {
    MutexLock lock(&mutex_);
    left.swap(waiting_);
  }
  for (auto& [when, due] : left) due(false);
}

}  // namespace clientele::pg
