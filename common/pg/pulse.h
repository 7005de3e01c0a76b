#pragma once

#include <thread>

#include "absl/time/time.h"
#include "common/core/mutex.h"
#include "common/pg/session.h"

namespace clientele::pg {

// Asks the database now and then, on a thread and a connection of its own, whether it still answers: one that hangs
// breaks no connection, so that the workers of a lane look connected for as long. Private to common/pg. Thread-safe.
class Pulse {
 public:
  explicit Pulse(SessionOptions options);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // True while an answer is overdue by kPatience. A connection that is refused is an answer.
  bool Silent() const;
  // Idempotent.
  void Stop();
  // See Session::Abort.
  void Abort() { session_.Abort(); }

  static constexpr absl::Duration kInterval = absl::Milliseconds(500);
  static constexpr absl::Duration kPatience = absl::Seconds(3);

 private:
  void Work();
  void Heard(absl::Time asked);

  Connection session_;
  mutable Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time heard_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_ ABSL_GUARDED_BY(joining_);
};

}  // namespace clientele::pg
