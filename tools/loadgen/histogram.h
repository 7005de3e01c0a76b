#pragma once

#include <array>
#include <cstdint>

namespace clientele::loadgen {

// Counts of latencies in buckets that grow with them, as an HDR histogram does: a percentile is at most 1/128 too high.
class Histogram {
 public:
  void Record(int64_t micros);
  void Add(const Histogram& other);
  int64_t count() const { return count_; }
  // Upper end of the bucket below which `part` (0 to 1) of the latencies lie; 0 without any.
  int64_t Percentile(double part) const;

 private:
  // Values up to 2 * 128 have a bucket each; every doubling beyond has 128 buckets, up to 2^40 µs.
  static constexpr int kPrecisionBits = 7;
  static constexpr int kBuckets = (41 - kPrecisionBits) << kPrecisionBits;
  static int BucketOf(int64_t micros);
  static int64_t UpperEnd(int bucket);

  std::array<int64_t, kBuckets> counts_{};
  int64_t count_ = 0;
};

}  // namespace clientele::loadgen
