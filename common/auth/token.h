#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/auth/principal.h"

namespace clientele::auth {

struct TokenOptions {
  std::string issuer;
  std::string audience;   // clientele/<cell>
  std::string keys_file;  // JWKS, or one public key in PEM; reloaded when it changes
  absl::Duration leeway = absl::Seconds(30);
  size_t cache_size = 10000;
};

// Verifies bearer tokens (JWT, RFC 7519) by the keys of a JWKS file, Ed25519 (EdDSA) and P-256 (ES256), of which the
// token's kid names one; or by the one key of a PEM file, which may be RSA (RS256) too and which no token needs to
// name. The key chooses the algorithm, never the token. Verified tokens are kept in a bounded LRU until they expire.
// Thread-safe.
class TokenVerifier {
 public:
  // FAILED_PRECONDITION where the file cannot be used; says why.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Create(TokenOptions options);
  ~TokenVerifier();

  // UNAUTHENTICATED with reason TOKEN_MALFORMED, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, TOKEN_KEY_UNKNOWN,
  // TOKEN_ALGORITHM, TOKEN_SIGNATURE, TOKEN_ISSUER, TOKEN_AUDIENCE or TOKEN_CLAIMS. `now` is real time.
  absl::StatusOr<Principal> Verify(absl::string_view token, absl::Time now);

  // Looks at the file and takes its keys where it changed, which is logged; a broken file leaves the old keys, and one
  // warning. Call it about once a second.
  void ReloadIfChanged();

 private:
  class Impl;
  explicit TokenVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clientele::auth
