#include "common/rpc/trace_context.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/core/id.h"

namespace clientele::rpc {
namespace {

constexpr size_t kMaxTraceparent = 128;

// A lower-case hexadecimal number of so many digits.
bool IsHex(absl::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsZero(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

}  // namespace

TraceContext ContinueTrace(absl::string_view traceparent) {
  std::string trace;
  std::string flags = "00";
  if (traceparent.size() <= kMaxTraceparent) {
    // version-trace-span-flags; a later version may have more parts.
    const std::vector<absl::string_view> parts = absl::StrSplit(traceparent, '-');
    const bool known = parts.size() >= 4 && IsHex(parts[0], 2) && parts[0] != "ff" &&
                       (parts[0] != "00" || parts.size() == 4) && IsHex(parts[1], 32) && !IsZero(parts[1]) &&
                       IsHex(parts[2], 16) && !IsZero(parts[2]) && IsHex(parts[3], 2);
    if (known) {
      trace = std::string(parts[1]);
      flags = std::string(parts[3]);
    }
  }
  if (trace.empty()) trace = NewTraceId();
  return {trace, absl::StrCat("00-", trace, "-", NewSpanId(), "-", flags)};
}

}  // namespace clientele::rpc
