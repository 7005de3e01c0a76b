#include "common/rpc/authenticate.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/rpc/channel.h"

namespace clientele::rpc {
namespace {

constexpr size_t kMaxService = 63;
constexpr size_t kMaxPrincipal = 700;  // customer:<issuer>/<tenant>/<subject>

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated, reason, message);
}

bool IsPrintable(absl::string_view text) {
  return text.size() <= kMaxPrincipal &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isgraph(c); });
}

std::string ServiceOfPeer(const grpc::ServerContext& context, const std::string& trust_domain) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr) return "";
  const std::vector<grpc::string_ref> ids = peer->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  if (ids.size() != 1) return "";
  return ServiceOf(absl::string_view(ids[0].data(), ids[0].size()), trust_domain);
}

absl::StatusOr<Caller> FromToken(absl::string_view authorization, auth::TokenVerifier& tokens, absl::Time now) {
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return Unauthenticated("TOKEN_MALFORMED", "the metadata `authorization` must be one `Bearer <token>`");
  }
  absl::StatusOr<auth::Principal> principal = tokens.Verify(authorization.substr(kScheme.size()), now);
  if (!principal.ok()) return principal.status();
  Caller caller;
  caller.principal = *std::move(principal);
  caller.acting_principal = caller.principal.name;
  caller.on_behalf_of = caller.principal.on_behalf_of;
  return caller;
}

absl::StatusOr<Caller> FromCertificate(const grpc::ServerContext& context, const std::string& service, bool is_peer) {
  Caller caller;
  caller.principal.kind = is_peer ? auth::PrincipalKind::kPeer : auth::PrincipalKind::kService;
  caller.principal.name = caller.acting_principal = absl::StrCat("service:", service);
  // Nobody else is believed whom it calls for.
  if (!is_peer) return caller;
  const absl::string_view acting = MetadataOf(context, kActingPrincipalMetadata);
  const absl::string_view on_behalf_of = MetadataOf(context, kOnBehalfOfMetadata);
  if (!IsPrintable(acting) || !IsPrintable(on_behalf_of)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_METADATA",
                     absl::StrCat("the metadata ", kActingPrincipalMetadata, " or ", kOnBehalfOfMetadata,
                                  " names nobody that can be a principal"));
  }
  if (!acting.empty()) caller.acting_principal = std::string(acting);
  caller.on_behalf_of = std::string(on_behalf_of);
  const absl::string_view origin = MetadataOf(context, kOriginRequestMetadata);
  if (Uuid::Parse(origin).has_value()) caller.origin_request_id = std::string(origin);
  return caller;
}

}  // namespace

absl::string_view MetadataOf(const grpc::ServerContext& context, const char* key) {
  const auto range = context.client_metadata().equal_range(key);
  if (range.first == range.second || std::next(range.first) != range.second) return {};
  return {range.first->second.data(), range.first->second.size()};
}

std::string ServiceOf(absl::string_view spiffe_id, const std::string& trust_domain) {
  if (!absl::ConsumePrefix(&spiffe_id, absl::StrCat("spiffe://", trust_domain, "/service/"))) return "";
  const bool valid = !spiffe_id.empty() && spiffe_id.size() <= kMaxService &&
                     std::all_of(spiffe_id.begin(), spiffe_id.end(), [](unsigned char c) {
                       return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
                     });
  return valid ? std::string(spiffe_id) : "";
}

absl::StatusOr<Caller> Authenticate(const grpc::ServerContext& context, const auth::ServiceTrust& trust,
                                    auth::TokenVerifier& tokens, absl::Time now) {
  if (context.client_metadata().count("authorization") > 0) {
    return FromToken(MetadataOf(context, "authorization"), tokens, now);
  }
  const std::string service = ServiceOfPeer(context, trust.domain);
  if (!service.empty()) return FromCertificate(context, service, trust.peers.count(service) > 0);
  return Unauthenticated("NO_CREDENTIALS", "a bearer token, or a service's client certificate, is needed");
}

}  // namespace clientele::rpc
