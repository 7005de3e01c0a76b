#pragma once

#include <openssl/evp.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace clientele::auth {

// A public key of an issuer: Ed25519, P-256 or RSA. Immutable; thread-safe.
class PublicKey {
 public:
  // EdDSA, ES256 or RS256: the only algorithm the key verifies.
  const std::string& algorithm() const { return algorithm_; }
  // `signature` in the form of RFC 7518/8037: 64 bytes, or as many as the RSA key has.
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

// The keys of an issuer's file: of a JWKS document (RFC 7517: Ed25519 and P-256, by their `kid`; keys of other types
// are left out), or the one of a PEM file (SubjectPublicKeyInfo: Ed25519, P-256, or RSA of 2048 bits or more).
class KeySet {
 public:
  // FAILED_PRECONDITION where it is neither; where a key of a JWKS is broken, has no kid or one that another has, or
  // none is left; where a PEM file holds another key, a private one, or more than one.
  static absl::StatusOr<KeySet> Parse(const std::string& text);

  // The key that a token is verified by which names `id` (empty: none): in a PEM file the one, whatever the token says.
  // Null where no key has the id.
  const PublicKey* Find(const std::string& id) const;

 private:
  KeySet() = default;
  static absl::StatusOr<KeySet> ParseJwks(const std::string& json);
  static absl::StatusOr<KeySet> ParsePem(const std::string& pem);

  std::map<std::string, PublicKey> keys_;
  bool named_ = true;  // false: the one key has no id
};

// Base64url without padding (RFC 7515), strictly. False for anything else.
bool DecodeBase64Url(absl::string_view text, std::string* bytes);

}  // namespace clientele::auth
