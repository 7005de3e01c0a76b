#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/auth/token.h"
#include "common/core/clock.h"
#include "common/pg/executor.h"
#include "common/rpc/call.h"
#include "common/rpc/open_call.h"

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace clientele::rpc {

struct DispatcherOptions {
  std::string service;  // customer, relationship or invitation: this service's name in consistency metadata
  auth::ServiceTrust trust;
  // Waits until this service's copies of other services' facts are at least as new as `wanted` says, then calls back
  // with ok, or with UNAVAILABLE/CONSISTENCY_NOT_REACHED and RetryInfo at the deadline. Empty where there are no
  // copies.
  std::function<void(const Consistency& wanted, absl::Time deadline, std::function<void(absl::Status)>)> wait_for;
  // Finds the id of a customer's organisation from its principal (issuer, tenant id): what SCOPE_PARTNER_OR_CUSTOMER
  // compares with the resource's last segment. NOT_FOUND where it has none. Empty where the service has no such method.
  std::function<void(const auth::Principal&, absl::Time deadline, std::function<void(absl::StatusOr<std::string>)>)>
      resolve_customer;
  // Full names of the proto services served, each pb::CustomerService::service_full_name(). Their methods' rules and
  // metrics are made ready at construction.
  std::vector<std::string> services;
};

// The way of every call from the wire to its handler and back, the same for all:
//   call guard, trace context, metrics → authenticate → bytes and id of the request → name syntax → scope → permission
//   → deadline → every other field rule at once → consistency → lane → handler → status with details → one access-log
//   line.
// All of it from what the protos declare (clientele.type.v1.rule). Thread-safe; outlives the server.
//
// Credentials: a bearer token where one is sent, else the client certificate of a service. For a peer's call with
// the metadata clientele-acting-principal (and clientele-on-behalf-of) the CallContext, and so audit and idempotency,
// name the acting principal, while scope and permission are the peer's own.
// Consistency: what a handler leaves in `call.context.consistency`, merged with what the caller sent, goes back in the
// trailing metadata clientele-consistency, with errors too.
// Deadlines: at the method's own (or the caller's, where shorter) the call is answered DEADLINE_EXCEEDED whatever its
// handler does. Methods of DEADLINE_CLASS_SAGA find a `call.context.deadline` 200 ms earlier (half of the time that is
// left, where that is less) and answer UNAVAILABLE; so does a wait for a copy.
class Dispatcher {
 public:
  Dispatcher(DispatcherOptions options, const Clock& clock, auth::TokenVerifier& tokens, pg::Executor& executor);
  ~Dispatcher();

  // The method of a service that DispatcherOptions.services names, with these messages; another is a bug, and null.
  const MethodRecord* Method(const std::string& service, const std::string& method,
                             const google::protobuf::Descriptor& request,
                             const google::protobuf::Descriptor& response) const;
  // Serves a call of that method; see serve.h. On the loop's thread. `call` is new.
  void Serve(WireCall& wire, const MethodRecord& method, std::shared_ptr<OpenCall> call);

  // From now on new calls are answered UNAVAILABLE; true once no call is open. Blocks at most until `deadline` (real
  // time), or until `hurry`, asked every 200 ms, says so; then answers the rest UNAVAILABLE itself, so that
  // Server::Shutdown does not hang; false then.
  bool Drain(
      absl::Time deadline, const std::function<bool()>& hurry = [] { return false; });

  int OpenCalls() const;

 private:
  class Impl;

  std::shared_ptr<Impl> impl_;
};

}  // namespace clientele::rpc
