#include "common/auth/public_keys.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace clientele::auth {
namespace {

using Json = nlohmann::json;

constexpr size_t kCoordinate = 32;
constexpr size_t kSignature = 64;
constexpr int kMinRsaBits = 2048;
constexpr char kPemBegin[] = "-----BEGIN ";

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool Coordinate(const Json& key, const char* name, std::string* bytes) {
  return DecodeBase64Url(Text(key, name), bytes) && bytes->size() == kCoordinate;
}

// Null where the key's numbers are no Ed25519 key.
EVP_PKEY* Ed25519(const Json& key) {
  std::string x;
  if (!Coordinate(key, "x", &x)) return nullptr;
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size());
}

// Null where the key's numbers are no point of the curve.
EVP_PKEY* P256(const Json& key) {
  std::string x;
  std::string y;
  if (!Coordinate(key, "x", &x) || !Coordinate(key, "y", &y)) return nullptr;
  std::string point = absl::StrCat("\x04", x, y);
  char group[] = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY* made = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  if (context != nullptr && EVP_PKEY_fromdata_init(context) == 1) {
    EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, params);
  }
  EVP_PKEY_CTX_free(context);
  return made;
}

// The DER form that EVP takes, of the two numbers that RFC 7518 puts side by side.
std::string DerOfEcdsa(absl::string_view signature) {
  ECDSA_SIG* parsed = ECDSA_SIG_new();
  BIGNUM* r = BN_bin2bn(Bytes(signature), kCoordinate, nullptr);
  BIGNUM* s = BN_bin2bn(Bytes(signature.substr(kCoordinate)), kCoordinate, nullptr);
  std::string der;
  if (parsed != nullptr && r != nullptr && s != nullptr && ECDSA_SIG_set0(parsed, r, s) == 1) {
    unsigned char* out = nullptr;
    const int size = i2d_ECDSA_SIG(parsed, &out);
    if (size > 0) der.assign(reinterpret_cast<char*>(out), static_cast<size_t>(size));
    OPENSSL_free(out);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(parsed);
  return der;
}

// Asks nobody for a password.
int NoPassword(char*, int, int, void*) { return -1; }

// Null where it is no public key in PEM.
EVP_PKEY* ReadPem(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio, nullptr, NoPassword, nullptr);
  BIO_free(bio);
  return key;
}

bool IsP256(const EVP_PKEY* key) {
  char group[32] = "";
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), nullptr) == 1 &&
         absl::string_view(group) == "prime256v1";
}

// What a key verifies, by its own type; empty for a key that is not trusted with it.
std::string AlgorithmOf(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return "EdDSA";
    case EVP_PKEY_EC:
      return IsP256(key) ? "ES256" : "";
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= kMinRsaBits ? "RS256" : "";
    default:
      return "";
  }
}

}  // namespace

bool DecodeBase64Url(absl::string_view text, std::string* bytes) {
  const bool clean = std::all_of(text.begin(), text.end(),
                                 [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
  return clean && text.size() % 4 != 1 && absl::WebSafeBase64Unescape(text, bytes);
}

bool PublicKey::Verifies(absl::string_view message, absl::string_view signature) const {
  const bool rsa = algorithm_ == "RS256";
  const bool ecdsa = algorithm_ == "ES256";
  if (signature.size() != (rsa ? static_cast<size_t>(EVP_PKEY_get_size(key_.get())) : kSignature)) return false;
  const std::string der = ecdsa ? DerOfEcdsa(signature) : "";
  const absl::string_view form = ecdsa ? absl::string_view(der) : signature;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool verified =
      context != nullptr &&
      EVP_DigestVerifyInit(context, nullptr, rsa || ecdsa ? EVP_sha256() : nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context, Bytes(form), form.size(), Bytes(message), message.size()) == 1;
  EVP_MD_CTX_free(context);
  return verified;
}

absl::StatusOr<KeySet> KeySet::Parse(const std::string& text) {
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), kPemBegin) ? ParsePem(text) : ParseJwks(text);
}

absl::StatusOr<KeySet> KeySet::ParsePem(const std::string& pem) {
  if (pem.find(kPemBegin) != pem.rfind(kPemBegin)) return absl::FailedPreconditionError("holds more than one key");
  EVP_PKEY* parsed = ReadPem(pem);
  if (parsed == nullptr) return absl::FailedPreconditionError("is no public key in PEM (BEGIN PUBLIC KEY)");
  const std::string algorithm = AlgorithmOf(parsed);
  PublicKey key(algorithm, parsed);
  if (algorithm.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("is no Ed25519, P-256 or RSA key of ", kMinRsaBits, " bits or more"));
  }
  KeySet set;
  set.named_ = false;
  set.keys_.emplace("", std::move(key));
  return set;
}

absl::StatusOr<KeySet> KeySet::ParseJwks(const std::string& json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array()) {
    return absl::FailedPreconditionError("is neither a public key in PEM nor a JWKS, an object with an array `keys`");
  }
  KeySet set;
  for (const Json& key : document["keys"]) {
    if (!key.is_object()) return absl::FailedPreconditionError("a key is not an object");
    const bool ed25519 = Text(key, "kty") == "OKP" && Text(key, "crv") == "Ed25519";
    const bool p256 = Text(key, "kty") == "EC" && Text(key, "crv") == "P-256";
    if (!ed25519 && !p256) continue;
    const std::string id = Text(key, "kid");
    if (id.empty()) return absl::FailedPreconditionError("a key has no kid");
    const std::string algorithm = ed25519 ? "EdDSA" : "ES256";
    if (key.contains("alg") && Text(key, "alg") != algorithm) {
      return absl::FailedPreconditionError(absl::StrCat("key ", id, " names another algorithm than ", algorithm));
    }
    EVP_PKEY* parsed = ed25519 ? Ed25519(key) : P256(key);
    if (parsed == nullptr) return absl::FailedPreconditionError(absl::StrCat("key ", id, " is broken"));
    if (!set.keys_.emplace(id, PublicKey(algorithm, parsed)).second) {
      return absl::FailedPreconditionError(absl::StrCat("key ", id, " stands there twice"));
    }
  }
  if (set.keys_.empty()) return absl::FailedPreconditionError("has no Ed25519 or P-256 key");
  return set;
}

const PublicKey* KeySet::Find(const std::string& id) const {
  const auto found = named_ ? keys_.find(id) : keys_.begin();
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace clientele::auth
