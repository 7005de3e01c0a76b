#include "tools/loadgen/histogram.h"

#include <algorithm>
#include <cmath>

namespace clientele::loadgen {
namespace {

int Exponent(int64_t value) {
  int exponent = 0;
  while (value >>= 1) ++exponent;
  return exponent;
}

}  // namespace

int Histogram::BucketOf(int64_t micros) {
  const int64_t value = std::clamp<int64_t>(micros, 0, (int64_t{1} << 40) - 1);
  const int shift = std::max(0, Exponent(value) - kPrecisionBits);
  return (shift << kPrecisionBits) + static_cast<int>(value >> shift);
}

int64_t Histogram::UpperEnd(int bucket) {
  const int shift = std::max(0, (bucket >> kPrecisionBits) - 1);
  const int64_t mantissa = bucket - (shift << kPrecisionBits);
  return ((mantissa + 1) << shift) - 1;
}

void Histogram::Record(int64_t micros) {
  ++counts_[static_cast<size_t>(BucketOf(micros))];
  ++count_;
}

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

int64_t Histogram::Percentile(double part) const {
  const auto rank = static_cast<int64_t>(std::ceil(part * static_cast<double>(count_)));
  int64_t seen = 0;
  for (int bucket = 0; bucket < kBuckets && count_ > 0; ++bucket) {
    seen += counts_[static_cast<size_t>(bucket)];
    if (seen >= std::max<int64_t>(rank, 1)) return UpperEnd(bucket);
  }
  return 0;
}

}  // namespace clientele::loadgen
