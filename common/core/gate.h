#pragma once

#include "common/core/mutex.h"

namespace clientele {

// Lets work in until it is closed; closing waits for what is inside. So that an object with work on other threads can
// stop cleanly: what comes after finds the gate closed and does nothing. Thread-safe.
class Gate {
 public:
  // False once the gate is closed; otherwise Leave must follow.
  bool Enter() {
    MutexLock lock(&mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }

  void Leave() {
    MutexLock lock(&mutex_);
    if (--inside_ == 0) empty_.NotifyAll();
  }

  // For work that has natural breaks: leave at the next one.
  bool closed() const {
    MutexLock lock(&mutex_);
    return closed_;
  }

  // Idempotent. Never from inside: it would wait for itself.
  void Close() {
    MutexLock lock(&mutex_);
    closed_ = true;
    while (inside_ > 0) empty_.Wait(&mutex_);
  }

 private:
  mutable Mutex mutex_;
  CondVar empty_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One way through a gate: `if (GatePass pass{gate}) work();`
class GatePass {
 public:
  explicit GatePass(Gate& gate) : gate_(gate), inside_(gate.Enter()) {}
  ~GatePass() {
    if (inside_) gate_.Leave();
  }
  GatePass(const GatePass&) = delete;
  GatePass& operator=(const GatePass&) = delete;
  explicit operator bool() const { return inside_; }

 private:
  Gate& gate_;
  const bool inside_;
};

}  // namespace clientele
