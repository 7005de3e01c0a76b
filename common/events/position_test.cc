#include <gtest/gtest.h>

#include "common/core/error.h"
#include "common/events/feed.h"

namespace clientele::events {
namespace {

TEST(Position, ComesBackAsItWas) {
  const FeedPosition position{"0f8fad5b-d9cb-469f-a165-70867728950e", 0x123456789abcdef0, 42};
  const std::string text = FormatPosition(position);
  EXPECT_LE(text.size(), 200U);
  const absl::StatusOr<FeedPosition> parsed = ParsePosition(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, position);
}

TEST(Position, NoneIsEmpty) {
  EXPECT_EQ(FormatPosition({}), "");
  const absl::StatusOr<FeedPosition> parsed = ParsePosition("");
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->epoch.empty());
}

TEST(Position, RefusesWhatItDidNotWrite) {
  const std::string good = FormatPosition({"0f8fad5b-d9cb-469f-a165-70867728950e", 7, 8});
  const std::string negative = FormatPosition({"0f8fad5b-d9cb-469f-a165-70867728950e", 7, uint64_t{1} << 63});
  for (const std::string& text : {std::string("x"), good + "A", good.substr(1), good + "=", "+" + good.substr(1),
                                  good + " ", std::string("17"), negative}) {
    const absl::Status status = ParsePosition(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    ASSERT_EQ(FieldViolationsOf(status).size(), 1U) << text;
    EXPECT_EQ(FieldViolationsOf(status)[0].field, "after_position");
  }
}

}  // namespace
}  // namespace clientele::events
