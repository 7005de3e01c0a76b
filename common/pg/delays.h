#pragma once

#include <functional>
#include <map>
#include <thread>

#include "absl/time/time.h"
#include "common/core/mutex.h"

namespace clientele::pg {

// A thread that hands out what was put off, in order of its time. Private to common/pg. Thread-safe.
class Delays {
 public:
  // `expired` is true where the time came, false where Stop did.
  using Due = std::function<void(bool expired)>;

  Delays();
  ~Delays();
  Delays(const Delays&) = delete;
  Delays& operator=(const Delays&) = delete;

  // Calls `due` at `when` (real time) on the thread of this object; at once, on the caller's, where it has stopped.
  void Add(absl::Time when, Due due);
  // Hands out everything that still waits. Idempotent.
  void Stop();

 private:
  void Work();

  Mutex mutex_;
  CondVar changed_;
  std::multimap<absl::Time, Due> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace clientele::pg
