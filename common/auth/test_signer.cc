#include "common/auth/test_signer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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

std::string Signature(EVP_PKEY* key, const std::string& algorithm, const std::string& message) {
  std::string signature(EVP_PKEY_get_size(key), '\0');
  size_t size = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (EVP_DigestSignInit(context, nullptr, algorithm == "EdDSA" ? nullptr : EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
    std::abort();
  }
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (algorithm != "ES256") return signature;
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
  return {std::move(id), "EdDSA", EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

TestSigner TestSigner::P256(std::string id) { return {std::move(id), "ES256", EVP_EC_gen("P-256")}; }

TestSigner TestSigner::P384(std::string id) { return {std::move(id), "ES384", EVP_EC_gen("P-384")}; }

TestSigner TestSigner::Rsa(std::string id, unsigned bits) { return {std::move(id), "RS256", EVP_RSA_gen(bits)}; }

Json TestSigner::Header() const { return {{"alg", algorithm_}, {"kid", id_}, {"typ", "JWT"}}; }

Json TestSigner::Jwk() const {
  const std::string bytes = PublicBytes(key_.get());
  if (algorithm_ == "EdDSA") return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", id_}, {"x", EncodeBase64Url(bytes)}};
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"kid", id_},
          {"x", EncodeBase64Url(bytes.substr(1, 32))},
          {"y", EncodeBase64Url(bytes.substr(33, 32))}};
}

std::string TestSigner::Pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  if (PEM_write_bio_PUBKEY(bio, key_.get()) != 1) std::abort();
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string TestSigner::Sign(const Json& header, const Json& claims) const {
  const std::string message = absl::StrCat(EncodeBase64Url(header.dump()), ".", EncodeBase64Url(claims.dump()));
  return absl::StrCat(message, ".", EncodeBase64Url(Signature(key_.get(), algorithm_, message)));
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
