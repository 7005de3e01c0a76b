#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/clock.h"
#include "common/auth/test_signer.h"
#include "common/auth/token.h"
#include "common/core/mutex.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/testing/authority.h"
#include "common/testing/fake_clock.h"
#include "probe_service.grpc.pb.h"

namespace clientele::rpc {

inline constexpr char kPartner[] = "0190f0a0-0000-7000-8000-000000000001";
inline constexpr char kOtherPartner[] = "0190f0a0-0000-7000-8000-000000000002";
inline constexpr char kCustomer[] = "0190f0a0-0000-7000-8000-00000000000c";
inline constexpr char kEpoch[] = "0190f0a0-0000-7000-8000-00000000000e";

// Resource name of a probe of a partner.
std::string ProbeName(const std::string& partner = kPartner);

// ProbeService behind a dispatcher, on TLS, with tokens. No database: the executor's workers find none.
class ProbeServer {
 public:
  // What a method's handler does with a call; by default it answers a probe whose title is the caller's name.
  using OnCall = std::function<void(std::shared_ptr<Call>, Reply<testing::v1::Probe>)>;

  explicit ProbeServer(DispatcherOptions options = {});
  ~ProbeServer();

  void set_on_call(OnCall on_call);
  // What UpdateProbe's handler finds wrong with a request; set before the first call.
  void set_check(std::function<absl::Status(const testing::v1::UpdateProbeRequest&)> check);
  Dispatcher& dispatcher() { return *dispatcher_; }
  grpc::Server& server() { return *server_; }
  CompletionLoop& loop() { return *loop_; }
  ::clientele::testing::FakeClock& clock() { return clock_; }

  // Metadata of a call with a token of these claims; iss, aud, sub, iat and exp are added where they are missing.
  std::string Token(nlohmann::json claims) const;
  std::string PartnerToken(const std::string& role, const std::string& partner = kPartner) const;

  // Without a client certificate, and with that of a service.
  std::unique_ptr<testing::v1::ProbeService::Stub> Anonymous() const;
  std::unique_ptr<testing::v1::ProbeService::Stub> Service(const std::string& name,
                                                           const std::string& trust_domain = "clientele.local") const;
  std::shared_ptr<grpc::Channel> Channel(const std::string& name,
                                         const std::string& trust_domain = "clientele.local") const;

 private:
  class Grpc;

  Authority authority_;
  auth::TestSigner signer_ = auth::TestSigner::Ed25519("key");
  std::string keys_file_;
  ::clientele::testing::FakeClock clock_;
  std::unique_ptr<auth::TokenVerifier> tokens_;
  std::unique_ptr<pg::Executor> executor_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<CompletionLoop> loop_;
  std::unique_ptr<Grpc> grpc_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// How many calls of a method of ProbeService a metric counts: grpc_server_started_total, grpc_server_handled_total.
// With `code`, those answered so.
double CallsCounted(const std::string& counter, const std::string& method, const std::string& code = "");

// One call and what came back.
struct Answer {
  absl::Status status;
  testing::v1::Probe probe;
  std::string consistency;  // trailing metadata
};
using Metadata = std::multimap<std::string, std::string>;

Metadata Bearer(const std::string& token);

// Fills in what came back; used by Ask.
void Finish(const grpc::Status& status, const grpc::ClientContext& context, Answer* answer);

// Calls a method of a stub and waits: Ask(*stub, &Stub::GetProbe, request, Bearer(token)).
template <class Request>
Answer Ask(testing::v1::ProbeService::Stub& stub,
           grpc::Status (testing::v1::ProbeService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                   testing::v1::Probe*),
           const Request& request, const Metadata& metadata, absl::Duration deadline = absl::Seconds(20)) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  Answer answer;
  const grpc::Status status = (stub.*method)(&context, request, &answer.probe);
  Finish(status, context, &answer);
  return answer;
}

}  // namespace clientele::rpc
