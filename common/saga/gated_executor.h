#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/gate.h"
#include "common/core/timer.h"
#include "common/pg/executor.h"

namespace clientele::saga {

// An executor and a timer behind one gate: what goes through here runs only while it is open, so that closing it is a
// clean end. Shared by what may still come back late (jobs, answers of peers). Thread-safe.
class GatedExecutor : public std::enable_shared_from_this<GatedExecutor> {
 public:
  explicit GatedExecutor(pg::Executor& executor) : executor_(executor) {}

  // With a session, or with the reason why there is none; in that case also on the caller's thread.
  void OnLane(pg::Lane lane, std::function<void(absl::StatusOr<pg::Session*>)> work) {
    pg::Job job;
    job.run = [self = shared_from_this(), work](absl::StatusOr<pg::Session*> session) {
      if (GatePass pass{self->gate_}) work(std::move(session));
    };
    if (absl::Status status = executor_.Submit(lane, std::move(job)); !status.ok()) work(status);
  }

  Timer::Id Later(absl::Duration delay, std::function<void()> work) {
    return timer_.After(delay, [this, work = std::move(work)] {
      if (GatePass pass{gate_}) work();
    });
  }
  bool Cancel(Timer::Id id) { return timer_.Cancel(id); }

  Gate& gate() { return gate_; }
  pg::Executor& executor() { return executor_; }

  // Returns once nothing runs any more.
  void Close() {
    timer_.Stop();
    gate_.Close();
  }

 private:
  pg::Executor& executor_;
  Gate gate_;
  Timer timer_;
};

}  // namespace clientele::saga
