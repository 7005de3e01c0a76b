#pragma once

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"

namespace clientele::invitation {

// Runs `work` on a worker of `lane` and waits for it: for threads of our own, never for a worker or a thread of gRPC.
// The executor runs or refuses every job, so it always returns.
inline absl::Status AwaitJob(pg::Executor& executor, pg::Lane lane, std::function<absl::Status(pg::Session&)> work) {
  Mutex mutex;
  CondVar ended;
  bool done = false;
  absl::Status result;
  pg::Job job;
  job.run = [&](absl::StatusOr<pg::Session*> session) {
    absl::Status status = session.ok() ? work(**session) : session.status();
    MutexLock lock(&mutex);
    result = std::move(status);
    done = true;
    ended.NotifyAll();
  };
  if (absl::Status status = executor.Submit(lane, std::move(job)); !status.ok()) return status;
  MutexLock lock(&mutex);
  while (!done) ended.Wait(&mutex);
  return result;
}

}  // namespace clientele::invitation
