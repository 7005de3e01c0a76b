#include "common/core/backoff.h"

#include <gtest/gtest.h>

namespace clientele {
namespace {

TEST(Backoff, GrowsUpToItsMaximum) {
  const Backoff backoff{absl::Milliseconds(100), absl::Seconds(1), 2.0};
  EXPECT_EQ(backoff.Delay(1, 1.0), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Delay(2, 1.0), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Delay(50, 1.0), absl::Seconds(1));
}

TEST(Backoff, JitterTakesAtMostHalf) {
  const Backoff backoff{absl::Milliseconds(100), absl::Seconds(1), 2.0};
  EXPECT_EQ(backoff.Delay(1, 0.0), absl::Milliseconds(50));
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(backoff.Delay(3), absl::Milliseconds(200));
    EXPECT_LE(backoff.Delay(3), absl::Milliseconds(400));
  }
}

}  // namespace
}  // namespace clientele
