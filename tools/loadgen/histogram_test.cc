#include "tools/loadgen/histogram.h"

#include <gtest/gtest.h>

namespace clientele::loadgen {
namespace {

TEST(Histogram, TellsPercentilesWithinItsPrecision) {
  Histogram histogram;
  for (int64_t micros = 1; micros <= 100000; ++micros) histogram.Record(micros);
  EXPECT_EQ(histogram.count(), 100000);
  for (const double part : {0.0001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double exact = part * 100000;
    EXPECT_GE(static_cast<double>(histogram.Percentile(part)), exact) << part;
    EXPECT_LE(static_cast<double>(histogram.Percentile(part)), exact * (1 + 1.0 / 128) + 1) << part;
  }
}

TEST(Histogram, KeepsSmallValuesExactlyAndBoundsGreatOnes) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  for (const int64_t micros : {0, 1, 127, 128, 255}) {
    Histogram one;
    one.Record(micros);
    EXPECT_EQ(one.Percentile(0.5), micros);
  }
  histogram.Record(int64_t{1} << 60);
  histogram.Record(-5);
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  EXPECT_EQ(histogram.Percentile(1), (int64_t{1} << 40) - 1);
}

TEST(Histogram, AddsUp) {
  Histogram one;
  Histogram other;
  one.Record(10);
  other.Record(20);
  other.Record(200);
  one.Add(other);
  EXPECT_EQ(one.count(), 3);
  EXPECT_EQ(one.Percentile(0.5), 20);
}

}  // namespace
}  // namespace clientele::loadgen
