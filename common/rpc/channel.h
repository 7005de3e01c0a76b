#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/core/call_context.h"

namespace clientele::rpc {

struct ChannelOptions {
  std::string target;         // dns:///relationship-service:7412
  std::string tls_directory;  // tls.crt, tls.key, ca.crt; reloaded when they change
};

// An mTLS channel to another service: round robin, keepalive, retries of UNAVAILABLE with throttling (every internal
// call is idempotent). It lives as long as the process: the end of a call may hold the last reference, and a channel
// that dies on a callback thread takes the process with it. So make one a target, at start.
std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options);

// Metadata by which a service of the suite names for whom it calls; trusted from peers' certificates alone.
inline constexpr char kActingPrincipalMetadata[] = "clientele-acting-principal";
inline constexpr char kOnBehalfOfMetadata[] = "clientele-on-behalf-of";
// The request of the caller that a saga's call is a part of.
inline constexpr char kOriginRequestMetadata[] = "clientele-origin-request";

// Context of a call to another service for `call`: deadline, trace context, acting principal, consistency.
std::unique_ptr<grpc::ClientContext> ClientContextFor(const CallContext& call, absl::Time deadline);

// Turns a peer's answer into ours: a status keeps its details; UNAVAILABLE, DEADLINE_EXCEEDED and CANCELLED without an
// ErrorInfo of ours become UNAVAILABLE/SERVICE_UNAVAILABLE with RetryInfo. Merges the peer's consistency into `seen`.
absl::Status FromPeer(const grpc::Status& status, const grpc::ClientContext& context, Consistency& seen);

// A callback method of an async stub: the overload that takes a function.
template <class AsyncStub, class Request, class Response>
struct StubMethodOf {
  using Type = void (AsyncStub::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);
};

// Calls `method` of an async stub; `done` runs on a gRPC thread and must only hand the answer on.
//   CallAsync<Response>(stub->async(), &Stub::async::Method, call, deadline, request, done)
template <class Response, class AsyncStub, class Request>
void CallAsync(AsyncStub* stub, typename StubMethodOf<AsyncStub, Request, Response>::Type method,
               const CallContext& call, absl::Time deadline, const Request& request,
               std::function<void(absl::StatusOr<Response>, Consistency)> done) {
  struct State {
    std::unique_ptr<grpc::ClientContext> context;
    Request request;
    Response response;
  };
  auto state = std::make_shared<State>(State{ClientContextFor(call, deadline), request, Response()});
  (stub->*method)(state->context.get(), &state->request, &state->response,
                  std::function<void(grpc::Status)>([state, done = std::move(done)](grpc::Status status) {
                    Consistency seen;
                    const absl::Status answer = FromPeer(status, *state->context, seen);
                    if (answer.ok()) {
                      done(std::move(state->response), std::move(seen));
                    } else {
                      done(answer, std::move(seen));
                    }
                  }));
}

}  // namespace clientele::rpc
