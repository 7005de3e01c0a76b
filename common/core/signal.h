#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/core/mutex.h"

namespace clientele {

// A flag that one thread raises, once, and another awaits. Thread-safe.
class Signal {
 public:
  void Raise() {
    MutexLock lock(&mutex_);
    raised_ = true;
    changed_.NotifyAll();
  }

  // Returns when it is raised.
  void Await() {
    MutexLock lock(&mutex_);
    while (!raised_) changed_.Wait(&mutex_);
  }

  // Returns when it is raised, or after `timeout`.
  void Await(absl::Duration timeout) {
    const absl::Time deadline = absl::Now() + timeout;
    MutexLock lock(&mutex_);
    for (absl::Time now = absl::Now(); !raised_ && now < deadline; now = absl::Now()) {
      changed_.WaitFor(&mutex_, deadline - now);
    }
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool raised_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace clientele
