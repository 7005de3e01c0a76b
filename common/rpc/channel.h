#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/rpc/completion_loop.h"

namespace clientele::rpc {

struct ChannelOptions {
  std::string target;         // dns:///relationship-service:7412
  std::string tls_directory;  // tls.crt, tls.key, ca.crt; reloaded when they change
};

// An mTLS channel to another service: round robin, keepalive, retries of UNAVAILABLE with throttling (every internal
// call is idempotent).
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

// A channel, and who takes what comes back on it.
struct PeerChannel {
  std::shared_ptr<grpc::Channel> channel;
  CompletionLoop* loop;
};

// A service of another binary, by its generated class: Peer<customer::v1::AccountService>. Copyable; any thread.
template <class Service>
class Peer {
  template <class Response>
  struct OnItsWay final : public Completion {
    using Reader = std::unique_ptr<grpc::ClientAsyncResponseReaderInterface<Response>>;
    using Done = std::function<void(absl::StatusOr<Response>, Consistency)>;

    OnItsWay(CompletionLoop& of, std::unique_ptr<grpc::ClientContext> in, Done then)
        : loop(of), context(std::move(in)), done(std::move(then)) {}

    void Start(Reader of, std::shared_ptr<OnItsWay> me) {
      self = std::move(me);
      reader = std::move(of);
      reader->StartCall();
      reader->Finish(&response, &status, Tag(this));
    }
    void Refuse() {
      status = {grpc::StatusCode::UNAVAILABLE, "this process stops"};
      Answer();
    }
    void Completed(bool) override {
      const std::shared_ptr<OnItsWay> last = std::move(self);
      loop.Ended(*context);
      Answer();
    }
    void Answer() {
      Consistency seen;
      const absl::Status answer = FromPeer(status, *context, seen);
      if (answer.ok()) {
        done(std::move(response), std::move(seen));
      } else {
        done(answer, std::move(seen));
      }
    }

    CompletionLoop& loop;
    const std::unique_ptr<grpc::ClientContext> context;
    const Done done;
    std::shared_ptr<OnItsWay> self;  // while gRPC has it
    Reader reader;
    Response response;
    grpc::Status status;
  };

 public:
  using Stub = typename Service::StubInterface;
  explicit Peer(const PeerChannel& to) : stub_(Service::NewStub(to.channel)), loop_(to.loop) {}

  // Calls a method of the stub: Call(&Stub::PrepareAsyncGetX, call, deadline, request, done). `done` runs on the loop's
  // thread, or here where that has stopped, and must only hand the answer on.
  template <class Request, class Response>
  void Call(std::unique_ptr<grpc::ClientAsyncResponseReaderInterface<Response>> (Stub::*method)(grpc::ClientContext*,
                                                                                                const Request&,
                                                                                                grpc::CompletionQueue*),
            const CallContext& call, absl::Time deadline, const Request& request,
            typename OnItsWay<Response>::Done done) const {
    auto on_its_way = std::make_shared<OnItsWay<Response>>(*loop_, ClientContextFor(call, deadline), std::move(done));
    const bool posted = loop_->Post([stub = stub_, loop = loop_, method, request, on_its_way] {
      loop->Began(*on_its_way->context);
      on_its_way->Start((*stub.*method)(on_its_way->context.get(), request, &loop->queue()), on_its_way);
    });
    if (!posted) on_its_way->Refuse();
  }

 private:
  std::shared_ptr<Stub> stub_;
  CompletionLoop* loop_;
};

}  // namespace clientele::rpc
