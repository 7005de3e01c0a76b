#pragma once

#include <functional>
#include <utility>

#include "common/pg/executor.h"
#include "common/pg/session.h"
#include "common/rpc/call.h"

// How a handler that does something else first, or in between, goes on on a database worker.
namespace clientele::rpc {

// A job for the call: dropped where nobody waits for its answer any more.
inline pg::Job JobFor(const Call& call) {
  pg::Job job;
  job.deadline = call.context.deadline;
  job.abandoned = call.answered;
  return job;
}

// Runs `work`, which replies in its own time, on a worker of `lane`; replies why where that cannot be.
template <class Response>
void OnLane(pg::Executor& executor, pg::Lane lane, const Call& call, const Reply<Response>& reply,
            std::function<void(pg::Session&)> work) {
  pg::Job job = JobFor(call);
  job.run = [reply, work = std::move(work)](absl::StatusOr<pg::Session*> session) {
    if (!session.ok()) return reply(session.status());
    work(**session);
  };
  if (absl::Status full = executor.Submit(lane, std::move(job)); !full.ok()) reply(full);
}

}  // namespace clientele::rpc
