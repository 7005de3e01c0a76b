#include "services/invitation/domain/invitation_token.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/core/id.h"

namespace clientele::invitation {
namespace {

constexpr char kVersion = 1;
constexpr size_t kIdSize = 16;
constexpr size_t kGenerationSize = 8;
constexpr size_t kMacSize = 32;
constexpr size_t kHeadSize = 1 + kIdSize + kGenerationSize;
constexpr size_t kMaxTokenLength = 200;

// Big-endian, so that there is one form.
std::string GenerationBytes(int64_t generation) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((generation >> shift) & 0xff));
  return bytes;
}

int64_t GenerationOf(absl::string_view bytes) {
  uint64_t generation = 0;
  for (const char byte : bytes) generation = generation << 8 | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(generation);
}

std::string IdBytes(const Uuid& id) { return std::string(id.bytes().begin(), id.bytes().end()); }

Uuid IdOf(absl::string_view bytes) {
  std::array<uint8_t, kIdSize> id{};
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return Uuid(id);
}

}  // namespace

InvitationTokens::InvitationTokens(auth::SigningKeys keys, std::string cell, std::string accept_url)
    : keys_(std::move(keys)), cell_(std::move(cell)), accept_url_(std::move(accept_url)) {}

std::string InvitationTokens::Derive(const std::string& invitation, int64_t generation) const {
  const auth::SigningKeys::Key& key = keys_.current();
  // Id and generation have a fixed length and stand last: no two (cell, id, generation) give one text.
  const std::string signed_part =
      absl::StrCat(IdBytes(Uuid::Parse(invitation).value_or(Uuid())), GenerationBytes(generation));
  return absl::WebSafeBase64Escape(absl::StrCat(std::string(1, kVersion), signed_part,
                                                std::string(1, static_cast<char>(key.id.size())), key.id,
                                                auth::Hmac(key.secret, absl::StrCat(cell_, signed_part))));
}

std::string InvitationTokens::AcceptUri(const std::string& invitation, int64_t generation) const {
  return absl::StrCat(accept_url_, Derive(invitation, generation));
}

std::optional<InvitationTokens::Content> InvitationTokens::Verify(absl::string_view token) const {
  std::string bytes;
  // One text a token: padding, white space and stray bits are refused by encoding it again.
  if (token.size() > kMaxTokenLength || !absl::WebSafeBase64Unescape(token, &bytes) ||
      absl::WebSafeBase64Escape(bytes) != token) {
    return std::nullopt;
  }
  if (bytes.size() < kHeadSize + 1 || bytes[0] != kVersion) return std::nullopt;
  const size_t key_size = static_cast<unsigned char>(bytes[kHeadSize]);
  if (bytes.size() != kHeadSize + 1 + key_size + kMacSize) return std::nullopt;
  const absl::string_view all = bytes;
  const auth::SigningKeys::Key* key = keys_.Find(all.substr(kHeadSize + 1, key_size));
  if (key == nullptr) return std::nullopt;
  const absl::string_view signed_part = all.substr(1, kIdSize + kGenerationSize);
  if (!auth::EqualInConstantTime(auth::Hmac(key->secret, absl::StrCat(cell_, signed_part)),
                                 all.substr(all.size() - kMacSize))) {
    return std::nullopt;
  }
  return Content{IdOf(signed_part.substr(0, kIdSize)).ToString(), GenerationOf(signed_part.substr(kIdSize))};
}

}  // namespace clientele::invitation
