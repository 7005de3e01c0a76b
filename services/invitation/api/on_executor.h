#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "common/pg/executor.h"
#include "common/rpc/call.h"

namespace clientele::invitation {

// Goes on with a call on a worker of `lane`: for handlers that did something else first. Replies with what `work`
// answers, or with why it could not run.
template <class Response>
void RunOnExecutor(pg::Executor& executor, pg::Lane lane, std::shared_ptr<rpc::Call> call,
                   const rpc::Reply<Response>& reply,
                   std::function<absl::StatusOr<Response>(pg::Session&, rpc::Call&)> work) {
  pg::Job job;
  job.deadline = call->context.deadline;
  job.abandoned = call->abandoned;
  job.run = [call, reply, work = std::move(work)](absl::StatusOr<pg::Session*> session) {
    if (session.ok()) {
      reply(work(**session, *call));
    } else {
      reply(session.status());
    }
  };
  if (absl::Status status = executor.Submit(lane, std::move(job)); !status.ok()) reply(status);
}

}  // namespace clientele::invitation
