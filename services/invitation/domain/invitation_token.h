#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/auth/keys.h"

namespace clientele::invitation {

// The links of invitations. A token is base64url(version, invitation id, generation, key id,
// HMAC-SHA256(key, cell ‖ invitation id ‖ generation)): derived when it is shown or mailed, stored nowhere.
// Immutable; thread-safe.
class InvitationTokens {
 public:
  // `accept_url` is what the token is appended to.
  InvitationTokens(auth::SigningKeys keys, std::string cell, std::string accept_url);

  struct Content {
    std::string invitation;  // id
    int64_t generation = 0;
  };
  // `invitation` is an id, `generation` at least 1.
  std::string Derive(const std::string& invitation, int64_t generation) const;
  std::string AcceptUri(const std::string& invitation, int64_t generation) const;
  // What a genuine token says; nullopt for any other text, whatever is wrong with it.
  std::optional<Content> Verify(absl::string_view token) const;

 private:
  const auth::SigningKeys keys_;
  const std::string cell_;
  const std::string accept_url_;
};

}  // namespace clientele::invitation
