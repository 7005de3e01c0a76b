#include "common/service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace clientele::service {
namespace {

constexpr int KiB(int n) { return n * 1024; }
constexpr int MiB(int n) { return KiB(n) * 1024; }
int Milliseconds(absl::Duration duration) { return static_cast<int>(duration / absl::Milliseconds(1)); }

// A batch of 500 rows fits; everything else is bounded by its field rules long before.
constexpr int kMaxReceive = MiB(4);
constexpr int kMaxStreams = 1000;
constexpr unsigned kCertificateRefreshSeconds = 10;

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const std::string& directory) {
  for (const char* file : {"tls.crt", "tls.key", "ca.crt"}) {
    if (!std::ifstream(absl::StrCat(directory, "/", file)).good()) {
      return absl::FailedPreconditionError(absl::StrCat("--tls_directory: cannot read ", directory, "/", file));
    }
  }
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      absl::StrCat(directory, "/tls.key"), absl::StrCat(directory, "/tls.crt"), absl::StrCat(directory, "/ca.crt"),
      kCertificateRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  // Services show a certificate, people a token: a certificate is verified where there is one.
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

void Configure(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceive);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  // Connections end now and then, so that clients find new replicas; a call of the longest deadline class (60 s) that
  // began before still ends by itself.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(absl::Minutes(5)));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(absl::Seconds(65)));
  // Clients may ping every 30 s, also without a call.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, Milliseconds(absl::Seconds(25)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(absl::Minutes(1)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(absl::Seconds(20)));
  // Otherwise two processes silently share a port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Reflection is a synchronous service: one small pool for it.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

// Reflection for one server: gRPC's own switch would add it to every one that is built afterwards.
class Reflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
  }
};

absl::StatusOr<std::unique_ptr<grpc::Server>> Build(const std::string& address,
                                                    std::shared_ptr<grpc::ServerCredentials> credentials,
                                                    const std::vector<grpc::Service*>& services, bool reflection) {
  grpc::ServerBuilder builder;
  Configure(builder);
  if (reflection) builder.SetOption(std::make_unique<Reflection>());
  int port = 0;
  builder.AddListeningPort(address, std::move(credentials), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen at ", address, ": is the port taken?"));
  }
  return server;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  auto credentials = Credentials(options.tls_directory);
  if (!credentials.ok()) return credentials.status();
  grpc::EnableDefaultHealthCheckService(true);

  std::unique_ptr<Server> server(new Server);
  // The probes' server last: it says SERVING from its first moment on.
  auto main = Build(options.listen, *std::move(credentials), services, options.reflection);
  if (!main.ok()) return main.status();
  server->server_ = *std::move(main);
  server->server_->GetHealthCheckService()->SetServingStatus("", false);
  auto admin = Build(options.admin_listen, grpc::InsecureServerCredentials(), {}, false);
  if (!admin.ok()) return admin.status();
  server->admin_ = *std::move(admin);
  for (grpc::Server* each : {server->server_.get(), server->admin_.get()}) {
    each->GetHealthCheckService()->SetServingStatus("liveness", true);
  }
  server->SetReady(false);
  return server;
}

Server::~Server() { Shutdown(absl::Now()); }

void Server::SetReady(bool ready) {
  for (grpc::Server* each : {server_.get(), admin_.get()}) {
    each->GetHealthCheckService()->SetServingStatus("", ready);
  }
}

void Server::Shutdown(absl::Time deadline) {
  for (auto* each : {&server_, &admin_}) {
    if (*each == nullptr) continue;
    (*each)->Shutdown(absl::ToChronoTime(deadline));
    (*each)->Wait();
    each->reset();
  }
}

}  // namespace clientele::service
