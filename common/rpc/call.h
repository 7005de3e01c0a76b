#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/auth/principal.h"
#include "common/core/call_context.h"
#include "common/pg/executor.h"

namespace clientele::rpc {

// One call in progress. Shared by whoever works on it; the last one frees it. Fields are set before the handler runs.
struct Call {
  CallContext context;
  auth::Principal principal;
  // True when nobody waits any more: cancelled, or answered at the deadline. Thread-safe.
  std::function<bool()> abandoned;

  absl::Time now() const { return context.now; }
};

// Answers a call, exactly once; later answers are dropped (the deadline may have answered first). Copyable; any thread.
template <class Response>
using Reply = std::function<void(absl::StatusOr<Response>)>;

// How an RPC is served. What stands before it (authentication, scope, permission, deadline, validation, consistency)
// and after it (status details, metrics, log) is the dispatcher's.
template <class Request, class Response>
struct Handler {
  using Work = std::function<absl::StatusOr<Response>(pg::Session&, Call&, const Request&)>;
  using Begin = std::function<void(std::shared_ptr<Call>, std::shared_ptr<const Request>, Reply<Response>)>;
  using Check = std::function<absl::Status(const Call&, const Request&)>;

  // Runs on a worker of the lane that the method's rule names.
  static Handler OnWorker(Work work) { return Handler{std::move(work), nullptr, nullptr}; }
  // Runs on the thread that took the call off the wire and must not block: it hands the work to an executor, a
  // PointReads or a saga, and replies from there.
  static Handler Async(Begin begin) { return Handler{nullptr, std::move(begin), nullptr}; }

  // What the domain finds wrong with the request's fields, as the handler itself will: INVALID_FIELD, or another error,
  // which is passed over. Asked only where a rule of the proto is broken, so that one answer tells every violation;
  // must not block, and bears fields that break their rules.
  Handler&& Checking(Check also) && {
    check = std::move(also);
    return std::move(*this);
  }

  Work work;
  Begin begin;
  Check check;
};

}  // namespace clientele::rpc
