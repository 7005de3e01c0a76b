#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>
#include <vector>

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

  // Answers kNone once the timer is stopped; then the function is dropped.
  Id After(absl::Duration delay, std::function<void()> function);
  // True where the function will not run; false where it ran, runs or never was.
  bool Cancel(Id id);
  // Returns once nothing runs any more, and hands back what now never will, in order of its time: a caller that has
  // promised to run it does so itself. Idempotent (a second call finds nothing). Not from a function of its own.
  std::vector<std::function<void()>> Stop();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  void Run();

  Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  Id last_id_ ABSL_GUARDED_BY(mutex_) = kNone;
  std::map<std::pair<Moment, Id>, std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::map<Id, Moment> moments_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace clientele
