#include "common/rpc/consistency.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/core/error.h"
#include "common/core/id.h"

namespace clientele::rpc {
namespace {

constexpr size_t kMaxText = 1024;
constexpr size_t kMaxEntries = 8;
constexpr size_t kMaxService = 32;

absl::Status Invalid() {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_CONSISTENCY",
                   absl::StrCat("the metadata ", kConsistencyMetadata, " is not a value that an answer carried"));
}

bool IsService(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxService &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_islower(c) || c == '-'; });
}

bool ParseNumber(absl::string_view text, uint64_t* number) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  return digits && absl::SimpleAtoi(text, number);
}

}  // namespace

std::string FormatConsistency(const Consistency& consistency) {
  return absl::StrJoin(consistency, ";", [](std::string* out, const Consistency::value_type& entry) {
    const FeedPosition& position = entry.second;
    absl::StrAppend(out, entry.first, "=", position.epoch, ":", position.txid, ":", position.sequence);
  });
}

absl::StatusOr<Consistency> ParseConsistency(absl::string_view text) {
  Consistency consistency;
  if (text.empty()) return consistency;
  if (text.size() > kMaxText) return Invalid();
  for (const absl::string_view entry : absl::StrSplit(text, ';')) {
    const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(entry, absl::MaxSplits('=', 1));
    const std::vector<absl::string_view> parts = absl::StrSplit(sides.second, ':');
    FeedPosition position;
    if (!IsService(sides.first) || parts.size() != 3 || !Uuid::Parse(parts[0]).has_value() ||
        !ParseNumber(parts[1], &position.txid) || !ParseNumber(parts[2], &position.sequence)) {
      return Invalid();
    }
    position.epoch = std::string(parts[0]);
    Merge({{std::string(sides.first), position}}, consistency);
  }
  if (consistency.size() > kMaxEntries) return Invalid();
  return consistency;
}

void Merge(const Consistency& from, Consistency& into) {
  for (const auto& [service, position] : from) {
    const auto [found, added] = into.emplace(service, position);
    if (added) continue;
    FeedPosition& current = found->second;
    if (current.epoch != position.epoch || current < position) current = position;
  }
}

}  // namespace clientele::rpc
