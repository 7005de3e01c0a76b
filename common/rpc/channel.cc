#include "common/rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/core/error.h"
#include "common/rpc/consistency.h"
#include "common/rpc/status.h"
#include "common/rpc/trace_context.h"
#include "service_config.h"

namespace clientele::rpc {
namespace {

constexpr unsigned int kCertificateReloadSeconds = 10;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// Peers are near: one that is back is found within seconds, and one that accepts nothing is given up as soon.
constexpr int kFirstReconnectMs = 250;
constexpr int kMaxReconnectMs = 2'000;
constexpr int kConnectMs = 3'000;
constexpr int kMaxReceiveBytes = 16 * 1024 * 1024;
constexpr absl::Duration kRetryPeerAfter = absl::Milliseconds(500);

bool IsOurs(const absl::Status& status) { return !ReasonOf(status).empty(); }

void MergeFrom(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, Consistency& seen) {
  const auto range = metadata.equal_range(kConsistencyMetadata);
  for (auto entry = range.first; entry != range.second; ++entry) {
    const absl::StatusOr<Consistency> parsed =
        ParseConsistency(absl::string_view(entry->second.data(), entry->second.size()));
    if (parsed.ok()) Merge(*parsed, seen);
  }
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const ChannelOptions& options) {
  const auto file = [&](const char* name) { return absl::StrCat(options.tls_directory, "/", name); };
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      file("tls.key"), file("tls.crt"), file("ca.crt"), kCertificateReloadSeconds);
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(provider);
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  // What gRPC calls its least backoff bounds one attempt to connect.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  return grpc::CreateCustomChannel(options.target, grpc::experimental::TlsCredentials(tls), arguments);
}

std::unique_ptr<grpc::ClientContext> ClientContextFor(const CallContext& call, absl::Time deadline) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (deadline != absl::InfiniteFuture()) context->set_deadline(absl::ToChronoTime(deadline));
  if (!call.traceparent.empty()) context->AddMetadata(kTraceparentMetadata, call.traceparent);
  if (!call.principal.empty()) context->AddMetadata(kActingPrincipalMetadata, call.principal);
  if (!call.on_behalf_of.empty()) context->AddMetadata(kOnBehalfOfMetadata, call.on_behalf_of);
  if (!call.origin_request_id.empty()) context->AddMetadata(kOriginRequestMetadata, call.origin_request_id);
  if (!call.consistency.empty()) context->AddMetadata(kConsistencyMetadata, FormatConsistency(call.consistency));
  return context;
}

absl::Status FromPeer(const grpc::Status& status, const grpc::ClientContext& context, Consistency& seen) {
  MergeFrom(context.GetServerTrailingMetadata(), seen);
  absl::Status answer = FromGrpc(status);
  const bool unreached = answer.code() == absl::StatusCode::kUnavailable ||
                         answer.code() == absl::StatusCode::kDeadlineExceeded ||
                         answer.code() == absl::StatusCode::kCancelled;
  if (!unreached || IsOurs(answer)) return answer;
  return WithRetry(MakeError(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE",
                             "a service that this call needs does not answer"),
                   kRetryPeerAfter);
}

}  // namespace clientele::rpc
