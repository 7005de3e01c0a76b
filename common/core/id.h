#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace clientele {

// A UUID. Text is the lower-case form of 36 characters.
class Uuid {
 public:
  Uuid() = default;
  explicit Uuid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Lower-case hexadecimal with dashes only; nullopt for anything else.
  static std::optional<Uuid> Parse(absl::string_view text);
  // Version 7: the time in milliseconds, then random bits. Ids made in order sort in order of time. Thread-safe.
  static Uuid NewV7(absl::Time now);
  // Version 4, from the operating system's generator. Thread-safe.
  static Uuid NewV4();
  // Version 5 (SHA-1): the same name in the same space is the same id.
  static Uuid V5(const Uuid& space, absl::string_view name);

  std::string ToString() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  friend bool operator==(const Uuid& a, const Uuid& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const Uuid& a, const Uuid& b) { return !(a == b); }

 private:
  std::array<uint8_t, 16> bytes_{};
};

// Ids of W3C trace contexts: 32 and 16 random hexadecimal digits. Thread-safe.
std::string NewTraceId();
std::string NewSpanId();

}  // namespace clientele
