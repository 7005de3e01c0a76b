#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/escaping.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/events/feed.h"

namespace clientele::events {
namespace {

// 16 bytes of epoch, 8 of transaction id, 8 of sequence, both big-endian; then base64url.
constexpr size_t kEpochBytes = 16;
constexpr size_t kBytes = kEpochBytes + 8 + 8;

void Append(uint64_t value, std::string& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((value >> shift) & 0xff));
}

uint64_t NumberAt(const std::string& bytes, size_t offset) {
  uint64_t value = 0;
  for (size_t i = offset; i < offset + 8; ++i) value = (value << 8) | static_cast<uint8_t>(bytes[i]);
  return value;
}

absl::Status NotAPosition() {
  return InvalidFields({{"after_position", "expected a position that an earlier answer carried", "POSITION", ""}});
}

}  // namespace

std::string FormatPosition(const FeedPosition& position) {
  const std::optional<Uuid> epoch = Uuid::Parse(position.epoch);
  if (!epoch.has_value()) return "";
  std::string bytes(epoch->bytes().begin(), epoch->bytes().end());
  Append(position.txid, bytes);
  Append(position.sequence, bytes);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<FeedPosition> ParsePosition(absl::string_view text) {
  if (text.empty()) return FeedPosition{};
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || bytes.size() != kBytes) return NotAPosition();
  std::array<uint8_t, kEpochBytes> epoch;
  for (size_t i = 0; i < kEpochBytes; ++i) epoch[i] = static_cast<uint8_t>(bytes[i]);
  FeedPosition position{Uuid(epoch).ToString(), NumberAt(bytes, kEpochBytes), NumberAt(bytes, kEpochBytes + 8)};
  // One position has one text; sequences are bigint.
  if (FormatPosition(position) != text || (position.sequence >> 63) != 0) return NotAPosition();
  return position;
}

}  // namespace clientele::events
