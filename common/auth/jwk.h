#pragma once

#include <openssl/evp.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace clientele::auth {

// A public key of a JWKS: Ed25519 or P-256. Immutable; thread-safe.
class PublicKey {
 public:
  // EdDSA or ES256: the only algorithm the key verifies.
  const std::string& algorithm() const { return algorithm_; }
  // `signature` in the form of RFC 7518/8037: 64 bytes.
  bool Verifies(absl::string_view message, absl::string_view signature) const;

 private:
  friend class KeySet;
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  PublicKey(std::string algorithm, EVP_PKEY* key) : algorithm_(std::move(algorithm)), key_(key) {}

  std::string algorithm_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

// The keys of a JWKS document (RFC 7517) by their `kid`. Keys of other types are left out.
class KeySet {
 public:
  // FAILED_PRECONDITION where it is no JWKS, a key is broken, has no kid or one that another has, or none is left.
  static absl::StatusOr<KeySet> Parse(const std::string& json);

  // Null where no key has the id.
  const PublicKey* Find(const std::string& id) const;

 private:
  KeySet() = default;
  std::map<std::string, PublicKey> keys_;
};

// Base64url without padding (RFC 7515), strictly. False for anything else.
bool DecodeBase64Url(absl::string_view text, std::string* bytes);

}  // namespace clientele::auth
