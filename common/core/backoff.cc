#include "common/core/backoff.h"

#include <algorithm>
#include <random>

namespace clientele {

absl::Duration Backoff::Delay(int attempt, double random) const {
  absl::Duration delay = initial;
  for (int i = 1; i < attempt && delay < maximum; ++i) delay *= factor;
  return std::min(delay, maximum) * (0.5 + 0.5 * random);
}

absl::Duration Backoff::Delay(int attempt) const {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return Delay(attempt, std::uniform_real_distribution<double>(0.0, 1.0)(generator));
}

}  // namespace clientele
