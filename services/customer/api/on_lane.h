#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "common/pg/executor.h"
#include "common/pg/session.h"
#include "common/rpc/call.h"

namespace clientele::customer {

// A job for the call: dropped where nobody waits for it any more.
inline pg::Job JobOf(const rpc::Call& call) {
  pg::Job job;
  job.deadline = call.context.deadline;
  job.abandoned = call.abandoned;
  return job;
}

// Goes on with a call on a worker of `lane`. `refuse` is called instead where that cannot be.
inline void RunOnLane(pg::Executor& executor, pg::Lane lane, const rpc::Call& call,
                      std::function<void(pg::Session&)> work, const std::function<void(absl::Status)>& refuse) {
  pg::Job job = JobOf(call);
  job.run = [work = std::move(work), refuse](absl::StatusOr<pg::Session*> session) {
    if (session.ok()) {
      work(**session);
    } else {
      refuse(session.status());
    }
  };
  if (absl::Status full = executor.Submit(lane, std::move(job)); !full.ok()) refuse(full);
}

}  // namespace clientele::customer
