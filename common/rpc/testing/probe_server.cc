#include "common/rpc/testing/probe_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/obs/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/consistency.h"
#include "common/rpc/serve.h"
#include "common/rpc/status.h"

namespace clientele::rpc {

using testing::v1::Probe;
using testing::v1::ProbeService;

std::string ProbeName(const std::string& partner) {
  return absl::StrCat("partners/", partner, "/customers/", kCustomer);
}

class ProbeServer::Grpc final : public Service {
 public:
  explicit Grpc(Dispatcher& dispatcher) : Service(ProbeService::service_full_name(), dispatcher) {
    Serve("GetProbe", Async(&Answer<testing::v1::GetProbeRequest>, *this));
    Serve("UpdateProbe", Async(&Answer<testing::v1::UpdateProbeRequest>, *this).Checking(&Check, *this));
    Serve("EndProbe", Async(&Answer<testing::v1::EndProbeRequest>, *this));
    Serve("RegisterProbe", Async(&Answer<testing::v1::RegisterProbeRequest>, *this));
    Serve("ResolveProbe", Async(&Answer<testing::v1::ResolveProbeRequest>, *this));
    Serve("ReportProbe", Async(&Answer<testing::v1::ReportProbeRequest>, *this));
    Serve("LookupProbe", Async(&Answer<testing::v1::LookupProbeRequest>, *this));
    Serve("ListProbes", OnWorker(&List));
  }

  void set_on_call(OnCall on_call) {
    MutexLock lock(&mutex_);
    on_call_ = std::move(on_call);
  }

  std::function<absl::Status(const testing::v1::UpdateProbeRequest&)> check;

 private:
  template <class Request>
  static void Answer(const std::shared_ptr<Call>& call, const std::shared_ptr<const Request>&,
                     const Reply<Probe>& reply, Grpc& self) {
    OnCall on_call;
    {
      MutexLock lock(&self.mutex_);
      on_call = self.on_call_;
    }
    if (on_call) return on_call(call, reply);
    Probe probe;
    probe.set_title(call->context.principal);
    reply(probe);
  }
  static absl::StatusOr<Probe> List(pg::Session&, Call&, const testing::v1::ListProbesRequest&) { return Probe(); }
  static absl::Status Check(const Call&, const testing::v1::UpdateProbeRequest& request, Grpc& self) {
    return self.check == nullptr ? absl::OkStatus() : self.check(request);
  }

  Mutex mutex_;
  OnCall on_call_ ABSL_GUARDED_BY(mutex_);
};

ProbeServer::ProbeServer(DispatcherOptions options) : keys_file_(auth::WriteKeysFile({signer_})) {
  auth::TokenOptions tokens;
  tokens.issuer = "https://issuer.clientele.local";
  tokens.audience = "clientele/global";
  tokens.keys_file = keys_file_;
  tokens_ = *auth::TokenVerifier::Create(tokens);
  pg::ExecutorOptions executor;
  executor.session.conninfo = "host=/nowhere dbname=none user=none";
  executor.session.schema = "none";
  executor_ = std::make_unique<pg::Executor>(executor);
  options.service = "probe";
  options.trust = {"clientele.local", {"probe-service"}};
  options.services = {ProbeService::service_full_name()};
  dispatcher_ = std::make_unique<Dispatcher>(std::move(options), clock_, *tokens_, *executor_);
  grpc_ = std::make_unique<Grpc>(*dispatcher_);
  const std::string folder = authority_.Issue("server", "spiffe://clientele.local/service/probe-service");
  grpc::experimental::TlsServerCredentialsOptions tls(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          absl::StrCat(folder, "/tls.key"), absl::StrCat(folder, "/tls.crt"), absl::StrCat(folder, "/ca.crt"), 10));
  tls.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::experimental::TlsServerCredentials(tls), &port_);
  builder.RegisterService(grpc_.get());
  loop_ = std::make_unique<CompletionLoop>(builder.AddCompletionQueue());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) std::abort();
  grpc_->Start(*loop_);
}

ProbeServer::~ProbeServer() {
  dispatcher_->Drain(absl::Now());
  server_->Shutdown();
  executor_->Stop();
  loop_->Stop();
  std::remove(keys_file_.c_str());
}

void ProbeServer::set_on_call(OnCall on_call) { grpc_->set_on_call(std::move(on_call)); }

void ProbeServer::set_check(std::function<absl::Status(const testing::v1::UpdateProbeRequest&)> check) {
  grpc_->check = std::move(check);
}

std::string ProbeServer::Token(nlohmann::json claims) const {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  const nlohmann::json standing = {{"iss", "https://issuer.clientele.local"},
                                   {"aud", "clientele/global"},
                                   {"sub", "anna"},
                                   {"iat", now},
                                   {"exp", now + 3600}};
  for (const auto& [claim, value] : standing.items()) {
    if (!claims.contains(claim)) claims[claim] = value;
  }
  return signer_.Sign(claims);
}

std::string ProbeServer::PartnerToken(const std::string& role, const std::string& partner) const {
  return Token({{"kind", "partner_user"}, {"partner", partner}, {"roles", {role}}});
}

std::unique_ptr<ProbeService::Stub> ProbeServer::Anonymous() const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = authority_.Certificate();
  return ProbeService::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::SslCredentials(tls)));
}

std::unique_ptr<ProbeService::Stub> ProbeServer::Service(const std::string& name,
                                                         const std::string& trust_domain) const {
  return ProbeService::NewStub(Channel(name, trust_domain));
}

std::shared_ptr<grpc::Channel> ProbeServer::Channel(const std::string& name, const std::string& trust_domain) const {
  const std::string uri = absl::StrCat("spiffe://", trust_domain, "/service/", name);
  return MakeChannel({absl::StrCat("127.0.0.1:", port_), authority_.Issue(absl::StrCat(name, ".", trust_domain), uri)});
}

double CallsCounted(const std::string& counter, const std::string& method, const std::string& code) {
  const std::string of_method =
      absl::StrCat("grpc_method=\"", method, "\",grpc_service=\"", ProbeService::service_full_name(), "\"");
  const std::string of_code = code.empty() ? "" : absl::StrCat("grpc_code=\"", code, "\"");
  double total = 0;
  for (const absl::string_view line : absl::StrSplit(obs::MetricsText(), '\n')) {
    if (!absl::StartsWith(line, absl::StrCat(counter, "{"))) continue;
    if (!absl::StrContains(line, of_method) || !absl::StrContains(line, of_code)) continue;
    total += std::stod(std::string(line.substr(line.rfind(' ') + 1)));
  }
  return total;
}

Metadata Bearer(const std::string& token) { return {{"authorization", absl::StrCat("Bearer ", token)}}; }

void Finish(const grpc::Status& status, const grpc::ClientContext& context, Answer* answer) {
  answer->status = FromGrpc(status);
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find(kConsistencyMetadata);
  if (found != trailing.end()) answer->consistency = std::string(found->second.data(), found->second.size());
}

}  // namespace clientele::rpc
