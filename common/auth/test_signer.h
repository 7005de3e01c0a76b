#pragma once

#include <openssl/evp.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace clientele::auth {

// A key that signs tokens in tests: what an issuer does.
class TestSigner {
 public:
  static TestSigner Ed25519(std::string id);
  static TestSigner P256(std::string id);
  static TestSigner P384(std::string id);  // which nobody verifies by
  static TestSigner Rsa(std::string id, unsigned bits = 2048);

  // {"alg", "kid", "typ"} as the issuer writes it.
  nlohmann::json Header() const;
  // The public key as it stands in a JWKS; not of RSA.
  nlohmann::json Jwk() const;
  // The public key as SubjectPublicKeyInfo.
  std::string Pem() const;
  std::string Sign(const nlohmann::json& header, const nlohmann::json& claims) const;
  std::string Sign(const nlohmann::json& claims) const { return Sign(Header(), claims); }

 private:
  TestSigner(std::string id, std::string algorithm, EVP_PKEY* key)
      : id_(std::move(id)), algorithm_(std::move(algorithm)), key_(key, EVP_PKEY_free) {}

  std::string id_;
  std::string algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

// Base64url without padding.
std::string EncodeBase64Url(const std::string& bytes);

// Writes a JWKS of the signers' keys to a new temporary file; answers its path.
std::string WriteKeysFile(const std::vector<TestSigner>& signers);
void WriteFile(const std::string& path, const std::string& text);

}  // namespace clientele::auth
