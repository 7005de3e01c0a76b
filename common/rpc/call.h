#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
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
  // Set once the call is answered. Null where nobody can see to that, as in tests.
  std::shared_ptr<const std::atomic<bool>> answered;

  // True when nobody waits any more: cancelled, or answered at the deadline. Thread-safe.
  bool abandoned() const { return answered != nullptr && *answered; }
  absl::Time now() const { return context.now; }
};

// Answers a call, exactly once; later answers are dropped (the deadline may have answered first). Copyable; any thread.
template <class Response>
using Reply = std::function<void(absl::StatusOr<Response>)>;

namespace internal {

// A parameter whose type another argument tells. What is taken by reference must be a variable: it has to live on.
template <class T>
struct Given {
  using Type = T;
};
template <class T>
struct Given<T&> {
  using Type = std::reference_wrapper<T>;
};

// `function` with what it takes behind the arguments of a call.
template <class Function, class... Parts>
auto Bind(Function* function, std::tuple<Parts...> parts) {
  return [function, parts = std::move(parts)](auto&&... arguments) {
    return std::apply([&](auto&... part) { return function(std::forward<decltype(arguments)>(arguments)..., part...); },
                      parts);
  };
}

}  // namespace internal

template <class T>
using Given = typename internal::Given<T>::Type;

// How an RPC is served. What stands before it (authentication, scope, permission, deadline, validation, consistency)
// and after it (status details, metrics, log) is the dispatcher's.
template <class Request, class Response>
struct Handler {
  // Exactly one of the three; see OnWorker and Async.
  std::function<absl::StatusOr<Response>(pg::Session&, Call&, const Request&)> work;
  std::function<absl::Status(pg::Session&, Call&, const Request&, Response&)> fill;
  std::function<void(const std::shared_ptr<Call>&, const std::shared_ptr<const Request>&, const Reply<Response>&)>
      begin;
  // May be empty; see Checking.
  std::function<absl::Status(const Call&, const Request&)> check;

  // What the domain finds wrong with the request's fields, as the handler itself will: INVALID_FIELD, or another error,
  // which is passed over. Asked only where a rule of the proto is broken, so that one answer tells every violation;
  // must not block, and bears fields that break their rules.
  template <class... Parts>
  Handler&& Checking(absl::Status (*function)(const Call&, const Request&, Parts...), Given<Parts>... parts) && {
    check = internal::Bind(function, std::tuple<Parts...>(std::move(parts)...));
    return std::move(*this);
  }
};

// A handler is a function and what it works with: `parts` are handed to it behind call and request. What it takes by
// reference is shared, and outlives the handler.

// Runs on a worker of the lane that the method's rule names.
template <class Request, class Response, class... Parts>
Handler<Request, Response> OnWorker(absl::StatusOr<Response> (*function)(pg::Session&, Call&, const Request&, Parts...),
                                    Given<Parts>... parts) {
  return {internal::Bind(function, std::tuple<Parts...>(std::move(parts)...)), nullptr, nullptr, nullptr};
}

// The same for an answer of many parts, which the function fills in: it is on an arena.
template <class Request, class Response, class... Parts>
Handler<Request, Response> OnWorker(absl::Status (*function)(pg::Session&, Call&, const Request&, Response&, Parts...),
                                    Given<Parts>... parts) {
  return {nullptr, internal::Bind(function, std::tuple<Parts...>(std::move(parts)...)), nullptr, nullptr};
}

// Runs on the thread that took the call off the wire and must not block: it hands the work to an executor, a
// PointReads or a saga, and replies from there.
template <class Request, class Response, class... Parts>
Handler<Request, Response> Async(void (*function)(const std::shared_ptr<Call>&, const std::shared_ptr<const Request>&,
                                                  const Reply<Response>&, Parts...),
                                 Given<Parts>... parts) {
  return {nullptr, nullptr, internal::Bind(function, std::tuple<Parts...>(std::move(parts)...)), nullptr};
}

}  // namespace clientele::rpc
