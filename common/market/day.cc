#include "common/market/day.h"

#include "absl/time/civil_time.h"

namespace clientele::market {
namespace {

constexpr absl::Duration kEasternmost = absl::Hours(14);  // ahead of UTC

}  // namespace

void CheckPastDay(const std::string& field, const std::string& day, absl::Time now,
                  std::vector<FieldViolation>* violations) {
  absl::CivilDay parsed;
  if (!absl::ParseCivilTime(day, &parsed) || absl::FormatCivilTime(parsed) != day) {
    violations->push_back({field, "must be a day, such as 2026-01-31", "DATE", ""});
  } else if (parsed > absl::ToCivilDay(now + kEasternmost, absl::UTCTimeZone())) {
    violations->push_back({field, "must not lie in the future", "FUTURE", ""});
  }
}

}  // namespace clientele::market
