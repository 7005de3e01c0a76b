#include "common/auth/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace clientele::auth {
namespace {

constexpr size_t kMaxIdLength = 16;
constexpr size_t kMinSecretLength = 32;

bool IsId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxIdLength && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
}

struct FreeMacContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

MacContext MakeHmacSha256() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  MacContext context(hmac == nullptr ? nullptr : EVP_MAC_CTX_new(hmac));
  EVP_MAC_free(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (context == nullptr || EVP_MAC_CTX_set_params(context.get(), parameters) != 1) std::abort();
  return context;
}

}  // namespace

absl::StatusOr<SigningKeys> SigningKeys::Create(std::vector<Key> keys) {
  if (keys.empty()) return absl::FailedPreconditionError("there is no key");
  std::set<std::string> ids;
  for (const Key& key : keys) {
    if (!IsId(key.id)) {
      return absl::FailedPreconditionError("a key's id must be 1 to 16 letters, digits, hyphens or underscores");
    }
    if (key.secret.size() < kMinSecretLength) {
      return absl::FailedPreconditionError(
          absl::StrCat("key ", key.id, " has fewer than ", kMinSecretLength, " bytes"));
    }
    if (!ids.insert(key.id).second) {
      return absl::FailedPreconditionError(absl::StrCat("key ", key.id, " stands there twice"));
    }
  }
  return SigningKeys(std::move(keys));
}

absl::StatusOr<SigningKeys> SigningKeys::Load(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) return absl::FailedPreconditionError(absl::StrCat("cannot read ", file));
  std::vector<Key> keys;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    if (text.empty() || text.front() == '#') continue;
    const std::vector<std::string> words = absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    Key key;
    if (words.size() != 2 || !absl::Base64Unescape(words[1], &key.secret)) {
      return absl::FailedPreconditionError(absl::StrCat(file, ":", number, ": expected a key id and base64"));
    }
    key.id = words[0];
    keys.push_back(std::move(key));
  }
  absl::StatusOr<SigningKeys> created = Create(std::move(keys));
  if (!created.ok()) return absl::FailedPreconditionError(absl::StrCat(file, ": ", created.status().message()));
  return created;
}

const SigningKeys::Key* SigningKeys::Find(absl::string_view id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

std::string Hmac(absl::string_view secret, absl::string_view message) {
  // Kept by each thread: HMAC() looks its algorithms up and makes a context at each call.
  thread_local const MacContext context = MakeHmacSha256();
  const auto bytes = [](absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string digest(32, '\0');
  size_t size = 0;
  const bool made =
      EVP_MAC_init(context.get(), bytes(secret), secret.size(), nullptr) == 1 &&
      EVP_MAC_update(context.get(), bytes(message), message.size()) == 1 &&
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size, digest.size()) == 1;
  // Without a digest nothing that is signed can be trusted.
  if (!made || size != digest.size()) std::abort();
  return digest;
}

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace clientele::auth
