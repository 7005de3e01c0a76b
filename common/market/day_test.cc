#include "common/market/day.h"

#include <gtest/gtest.h>

namespace clientele::market {
namespace {

std::string ReasonOf(const std::string& day) {
  const absl::Time noon = absl::FromUnixSeconds(1767268800);  // 2026-01-01T12:00:00Z
  std::vector<FieldViolation> violations;
  CheckPastDay("agreement.date_agreed", day, noon, &violations);
  if (violations.empty()) return "";
  EXPECT_EQ(violations[0].field, "agreement.date_agreed");
  return violations[0].reason;
}

TEST(CheckPastDay, TakesADayThatHasBegunSomewhere) {
  EXPECT_EQ(ReasonOf("1999-12-31"), "");
  EXPECT_EQ(ReasonOf("2026-01-01"), "");
  EXPECT_EQ(ReasonOf("2026-01-02"), "") << "it is in Kiritimati";
  EXPECT_EQ(ReasonOf("2026-01-03"), "FUTURE");
}

TEST(CheckPastDay, RefusesWhatIsNoDay) {
  for (const char* text :
       {"", "today", "2026-02-30", "2026-1-1", "01.01.2026", "2026-01-01T00:00:00Z", " 2026-01-01"}) {
    EXPECT_EQ(ReasonOf(text), "DATE") << text;
  }
}

}  // namespace
}  // namespace clientele::market
