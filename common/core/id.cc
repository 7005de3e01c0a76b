#include "common/core/id.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <cstring>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace clientele {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsDash(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void SetVersion(std::array<uint8_t, 16>& bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
}

void FillRandom(uint8_t* out, size_t size) {
  // Without random numbers no id is safe to hand out.
  if (RAND_bytes(out, static_cast<int>(size)) != 1) std::abort();
}

// Which ids of traces come next is no secret: the system's generator, ten times as dear, is left alone.
std::string SixteenDigits() {
  thread_local absl::BitGen generator;
  return absl::StrCat(absl::Hex(absl::Uniform<uint64_t>(generator), absl::kZeroPad16));
}

}  // namespace

std::optional<Uuid> Uuid::Parse(absl::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    bytes[nibble / 2] = static_cast<uint8_t>(bytes[nibble / 2] << 4 | value);
    ++nibble;
  }
  return Uuid(bytes);
}

Uuid Uuid::NewV7(absl::Time now) {
  std::array<uint8_t, 16> bytes{};
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(millis >> (8 * (5 - i)));
  FillRandom(bytes.data() + 6, 10);
  SetVersion(bytes, 7);
  return Uuid(bytes);
}

Uuid Uuid::NewV4() {
  std::array<uint8_t, 16> bytes{};
  FillRandom(bytes.data(), bytes.size());
  SetVersion(bytes, 4);
  return Uuid(bytes);
}

Uuid Uuid::V5(const Uuid& space, absl::string_view name) {
  std::string input(reinterpret_cast<const char*>(space.bytes_.data()), space.bytes_.size());
  input.append(name.data(), name.size());
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const uint8_t*>(input.data()), input.size(), digest.data());
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  SetVersion(bytes, 5);
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(36);
  for (const uint8_t byte : bytes_) {
    if (IsDash(text.size())) text.push_back('-');
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 0x0f]);
  }
  return text;
}

std::string NewTraceId() { return SixteenDigits() + SixteenDigits(); }

std::string NewSpanId() { return SixteenDigits(); }

}  // namespace clientele
