#include "common/auth/token.h"

#include <fstream>
#include <iterator>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/auth/claims.h"
#include "common/auth/public_keys.h"
#include "common/core/mutex.h"
#include "common/core/sha256.h"
#include "common/obs/log.h"

namespace clientele::auth {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxToken = 8192;

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

Json Part(absl::string_view encoded) {
  std::string bytes;
  if (!DecodeBase64Url(encoded, &bytes)) return Json();
  return Json::parse(bytes, nullptr, false);
}

struct Verified {
  std::shared_ptr<const Principal> principal;
  absl::Time end;
};

}  // namespace

class TokenVerifier::Impl {
 public:
  Impl(TokenOptions options, std::string document, KeySet keys)
      : options_(std::move(options)),
        seen_(std::move(document)),
        keys_(std::make_shared<const KeySet>(std::move(keys))) {}

  absl::StatusOr<Principal> Verify(absl::string_view token, absl::Time now) {
    if (token.size() > kMaxToken) return TokenError("TOKEN_MALFORMED", "the token is too long");
    // The cache holds no token, so that none can be read out of it.
    const std::string digest = Sha256(token);
    std::shared_ptr<const KeySet> keys;
    {
      MutexLock lock(&mutex_);
      if (std::shared_ptr<const Principal> known = Known(digest, now)) return *known;
      keys = keys_;
    }
    absl::StatusOr<Verified> verified = VerifyAnew(token, *keys, now);
    if (!verified.ok()) return verified.status();
    MutexLock lock(&mutex_);
    // A token verified by keys that were taken back meanwhile is not kept.
    if (keys == keys_) Keep(digest, *verified);
    return *verified->principal;
  }

  void ReloadIfChanged() {
    const std::optional<std::string> document = ReadFile(options_.keys_file);
    {
      MutexLock lock(&mutex_);
      if (document == seen_) return;
      seen_ = document;
    }
    absl::StatusOr<KeySet> keys = KeysOf(document);
    if (!keys.ok()) {
      obs::Log(obs::Level::kWarning, "the token keys cannot be read again; the old ones stay",
               {{"file", options_.keys_file}, {"reason", keys.status().message()}});
      return;
    }
    {
      MutexLock lock(&mutex_);
      keys_ = std::make_shared<const KeySet>(*std::move(keys));
      known_.clear();
      by_use_.clear();
    }
    obs::Log(obs::Level::kInfo, "the token keys were read again", {{"file", options_.keys_file}});
  }

  // Of a file's text; nullopt: it cannot be read.
  static absl::StatusOr<KeySet> KeysOf(const std::optional<std::string>& document) {
    if (!document.has_value()) return absl::FailedPreconditionError("cannot be read");
    return KeySet::Parse(*document);
  }

 private:
  struct Entry {
    std::string digest;
    Verified verified;
  };

  std::shared_ptr<const Principal> Known(const std::string& digest, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = known_.find(digest);
    if (found == known_.end()) return nullptr;
    if (now >= found->second->verified.end) {
      by_use_.erase(found->second);
      known_.erase(found);
      return nullptr;
    }
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return found->second->verified.principal;
  }

  void Keep(const std::string& digest, const Verified& verified) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (options_.cache_size == 0 || known_.contains(digest)) return;
    if (known_.size() >= options_.cache_size) {
      known_.erase(by_use_.back().digest);
      by_use_.pop_back();
    }
    by_use_.push_front({digest, verified});
    known_.emplace(digest, by_use_.begin());
  }

  absl::StatusOr<Verified> VerifyAnew(absl::string_view token, const KeySet& keys, absl::Time now) const {
    const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
    if (parts.size() != 3) return TokenError("TOKEN_MALFORMED", "the token is not a JWT of three parts");
    const Json header = Part(parts[0]);
    const Json claims = Part(parts[1]);
    std::string signature;
    if (!header.is_object() || !claims.is_object() || !DecodeBase64Url(parts[2], &signature)) {
      return TokenError("TOKEN_MALFORMED", "the token's parts are not base64url of JSON objects");
    }
    absl::StatusOr<const PublicKey*> key = KeyFor(header, keys);
    if (!key.ok()) return key.status();
    const absl::string_view message = token.substr(0, parts[0].size() + 1 + parts[1].size());
    if (!(*key)->Verifies(message, signature)) return TokenError("TOKEN_SIGNATURE", "the token's signature is wrong");
    absl::StatusOr<absl::Time> end = CheckClaims(claims, options_, now);
    if (!end.ok()) return end.status();
    absl::StatusOr<Principal> principal = PrincipalOf(claims);
    if (!principal.ok()) return principal.status();
    return Verified{std::make_shared<const Principal>(*std::move(principal)), *end};
  }

  // The key that the header names, where keys have names. Its algorithm decides; the header may only agree.
  static absl::StatusOr<const PublicKey*> KeyFor(const Json& header, const KeySet& keys) {
    // RFC 7515: what is critical and not understood refuses the token.
    if (header.contains("crit")) return TokenError("TOKEN_MALFORMED", "the token demands what is not understood");
    const auto algorithm = header.find("alg");
    if (algorithm == header.end() || !algorithm->is_string() ||
        (*algorithm != "EdDSA" && *algorithm != "ES256" && *algorithm != "RS256")) {
      return TokenError("TOKEN_ALGORITHM", "the token must be signed by EdDSA, ES256 or RS256");
    }
    const auto id = header.find("kid");
    const PublicKey* key = keys.Find(id != header.end() && id->is_string() ? id->get<std::string>() : "");
    if (key == nullptr) return TokenError("TOKEN_KEY_UNKNOWN", "no key has the token's kid");
    if (*algorithm != key->algorithm()) {
      return TokenError("TOKEN_ALGORITHM", absl::StrCat("the token's key verifies ", key->algorithm()));
    }
    return key;
  }

  const TokenOptions options_;
  Mutex mutex_;
  std::optional<std::string> seen_ ABSL_GUARDED_BY(mutex_);  // what the file held at the last look; nullopt: unreadable
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mutex_);
  std::list<Entry> by_use_ ABSL_GUARDED_BY(mutex_);  // the last used one first
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> known_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Create(TokenOptions options) {
  std::optional<std::string> document = ReadFile(options.keys_file);
  absl::StatusOr<KeySet> keys = Impl::KeysOf(document);
  if (!keys.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(options.keys_file, " ", keys.status().message()));
  }
  auto impl = std::make_unique<Impl>(std::move(options), *std::move(document), *std::move(keys));
  return std::unique_ptr<TokenVerifier>(new TokenVerifier(std::move(impl)));
}

TokenVerifier::TokenVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<Principal> TokenVerifier::Verify(absl::string_view token, absl::Time now) {
  return impl_->Verify(token, now);
}

void TokenVerifier::ReloadIfChanged() { impl_->ReloadIfChanged(); }

}  // namespace clientele::auth
