#include "common/auth/test_signer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace clientele::auth {
namespace {

using Json = nlohmann::json;

std::string PublicBytes(EVP_PKEY* key) {
  std::string bytes(128, '\0');
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(bytes.data()),
                                      bytes.size(), &size) != 1) {
    std::abort();
  }
  bytes.resize(size);
  return bytes;
}

std::string Signature(EVP_PKEY* key, bool ed25519, const std::string& message) {
  std::string signature(128, '\0');
  size_t size = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (EVP_DigestSignInit(context, nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
    std::abort();
  }
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (ed25519) return signature;
  // From DER to the two numbers side by side.
  const auto* der = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed), reinterpret_cast<unsigned char*>(raw.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
  ECDSA_SIG_free(parsed);
  return raw;
}

}  // namespace

TestSigner TestSigner::Ed25519(std::string id) {
  return {std::move(id), true, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

TestSigner TestSigner::P256(std::string id) { return {std::move(id), false, EVP_EC_gen("P-256")}; }

Json TestSigner::Header() const { return {{"alg", ed25519_ ? "EdDSA" : "ES256"}, {"kid", id_}, {"typ", "JWT"}}; }

Json TestSigner::Jwk() const {
  const std::string bytes = PublicBytes(key_.get());
  if (ed25519_) return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", id_}, {"x", EncodeBase64Url(bytes)}};
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"kid", id_},
          {"x", EncodeBase64Url(bytes.substr(1, 32))},
          {"y", EncodeBase64Url(bytes.substr(33, 32))}};
}

std::string TestSigner::Sign(const Json& header, const Json& claims) const {
  const std::string message = absl::StrCat(EncodeBase64Url(header.dump()), ".", EncodeBase64Url(claims.dump()));
  return absl::StrCat(message, ".", EncodeBase64Url(Signature(key_.get(), ed25519_, message)));
}

std::string EncodeBase64Url(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string WriteKeysFile(const std::vector<TestSigner>& signers) {
  static std::atomic<int> next{0};
  const char* folder = std::getenv("TMPDIR");
  std::string path =
      absl::StrCat(folder != nullptr ? folder : "/tmp", "/clientele-keys-", getpid(), "-", ++next, ".json");
  Json keys = Json::array();
  for (const TestSigner& signer : signers) keys.push_back(signer.Jwk());
  WriteFile(path, Json{{"keys", keys}}.dump());
  return path;
}

}  // namespace clientele::auth
