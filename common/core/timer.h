#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "common/core/mutex.h"

namespace clientele {

// Runs functions later, on one thread of its own; they must not block. Real time, by a clock that is never set back.
// Thread-safe.
class Timer {
 public:
  using Id = uint64_t;
  static constexpr Id kNone = 0;

  Timer();
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Answers kNone, and drops the function, once the timer is stopped.
  Id After(absl::Duration delay, std::function<void()> function);
  // True where the function will not run; false where it ran, runs or never was.
  bool Cancel(Id id);
  // Drops what waits and returns once nothing runs. Idempotent. Not from a function of its own.
  void Stop();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  void Run();

  Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  Id last_id_ ABSL_GUARDED_BY(mutex_) = kNone;
  std::map<std::pair<Moment, Id>, std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::map<Id, Moment> moments_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace clientele
