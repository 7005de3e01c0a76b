#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace clientele::auth {

// Symmetric keys for what we sign ourselves (page tokens, invitation tokens). The first signs; all verify, so that a
// key is changed by adding one in front. Immutable; thread-safe.
class SigningKeys {
 public:
  struct Key {
    std::string id;      // 1–16 of [A-Za-z0-9_-]
    std::string secret;  // at least 32 bytes
  };
  // Lines "kid base64"; empty lines and lines that start with # are skipped.
  static absl::StatusOr<SigningKeys> Load(const std::string& file);
  static absl::StatusOr<SigningKeys> Create(std::vector<Key> keys);

  const Key& current() const { return keys_.front(); }
  // Null where no key has the id.
  const Key* Find(absl::string_view id) const;

 private:
  explicit SigningKeys(std::vector<Key> keys) : keys_(std::move(keys)) {}
  std::vector<Key> keys_;
};

// HMAC-SHA256, 32 bytes.
std::string Hmac(absl::string_view secret, absl::string_view message);
// In time that does not depend on where they differ.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);

}  // namespace clientele::auth
