#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/principal.h"
#include "common/auth/token.h"

namespace clientele::auth {

// UNAUTHENTICATED with a reason of TokenVerifier::Verify.
absl::Status TokenError(absl::string_view reason, absl::string_view message);

// Issuer, audience and times of a token whose signature holds. Answers when it ends, leeway included.
absl::StatusOr<absl::Time> CheckClaims(const nlohmann::json& claims, const TokenOptions& options, absl::Time now);

// Whom the claims speak of. TOKEN_CLAIMS where they do not say it in full.
absl::StatusOr<Principal> PrincipalOf(const nlohmann::json& claims);

}  // namespace clientele::auth
