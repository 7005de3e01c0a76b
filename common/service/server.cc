#include "common/service/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <future>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/service/reflection.h"

namespace clientele::service {
namespace {

constexpr int KiB(int n) { return n * 1024; }
constexpr int MiB(int n) { return KiB(n) * 1024; }
int Milliseconds(absl::Duration duration) { return static_cast<int>(duration / absl::Milliseconds(1)); }

// A batch of 500 rows fits; other requests are bounded before (rpc::kMaxRequest).
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
}

std::vector<std::unique_ptr<rpc::AsyncService>> ReflectionOf(const std::vector<rpc::AsyncService*>& services) {
  using Version = ReflectionService::Version;
  std::vector<std::string> names = {ReflectionService::NameOf(Version::kV1),
                                    ReflectionService::NameOf(Version::kV1Alpha)};
  for (const rpc::AsyncService* service : services) names.push_back(service->name());
  std::vector<std::unique_ptr<rpc::AsyncService>> reflection;
  for (const Version version : {Version::kV1, Version::kV1Alpha}) {
    reflection.push_back(std::make_unique<ReflectionService>(version, names));
  }
  return reflection;
}

}  // namespace

Server::Server() : loop_(std::make_unique<rpc::CompletionLoop>(builder_.AddCompletionQueue())) {
  health_.Set("", false);
  health_.Set("liveness", true);
}

Server::~Server() {
  Shutdown(absl::Now());
  loop_->Stop();
}

absl::Status Server::Start(const ServerOptions& options, const std::vector<rpc::AsyncService*>& services) {
  auto credentials = Credentials(options.tls_directory);
  if (!credentials.ok()) return credentials.status();
  std::vector<rpc::AsyncService*> all = services;
  all.push_back(&health_);
  if (options.reflection) reflection_ = ReflectionOf(all);
  for (const auto& reflection : reflection_) all.push_back(reflection.get());

  Configure(builder_);
  int port = 0, admin_port = 0;
  builder_.AddListeningPort(options.listen, *std::move(credentials), &port);
  builder_.AddListeningPort(options.admin_listen, grpc::InsecureServerCredentials(), &admin_port);
  for (rpc::AsyncService* service : all) builder_.RegisterService(service);
  server_ = builder_.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen at ", port == 0 ? options.listen : options.admin_listen, ": is the port taken?"));
  }
  for (rpc::AsyncService* service : all) service->Start(*loop_);
  return absl::OkStatus();
}

void Server::SetReady(bool ready) {
  loop_->Post([this, ready, posted = absl::Now()] {
    loop_lag_.Observe(absl::ToDoubleSeconds(absl::Now() - posted));
    health_.Set("", ready);
  });
}

void Server::Shutdown(absl::Time deadline) {
  if (server_ == nullptr) return;
  // What was answered by now is on the wire before gRPC cancels anything.
  const auto sent = std::make_shared<std::promise<void>>();
  if (loop_->Post([sent] { sent->set_value(); })) sent->get_future().wait_until(absl::ToChronoTime(deadline));
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
}

}  // namespace clientele::service
