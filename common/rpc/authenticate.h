#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/principal.h"
#include "common/auth/token.h"

namespace clientele::rpc {

// Who calls, and for whom.
struct Caller {
  auth::Principal principal;
  std::string acting_principal;  // the principal's name, or the one that a peer acts for
  std::string on_behalf_of;
  std::string origin_request_id;  // of the caller that a peer's saga acts for; empty where it names none
};

// The bearer token where there is one, else the service's certificate. UNAUTHENTICATED with a reason of TokenVerifier,
// or NO_CREDENTIALS. INVALID_ARGUMENT/INVALID_METADATA where a peer names nobody that can be a principal.
absl::StatusOr<Caller> Authenticate(const grpc::ServerContext& context, const auth::ServiceTrust& trust,
                                    auth::TokenVerifier& tokens, absl::Time now);

// `billing` of spiffe://<trust domain>/service/billing; empty for anything else.
std::string ServiceOf(absl::string_view spiffe_id, const std::string& trust_domain);

// The metadata's only value; empty where there is none, or more than one.
absl::string_view MetadataOf(const grpc::ServerContext& context, const char* key);

}  // namespace clientele::rpc
