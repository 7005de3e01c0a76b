#pragma once

#include "absl/time/time.h"

namespace clientele {

// Exponential delays with jitter between two tries. A value: copy it freely.
struct Backoff {
  absl::Duration initial = absl::Milliseconds(25);
  absl::Duration maximum = absl::Seconds(30);
  double factor = 2.0;

  // The delay after `attempt` failures (1 is the first), between half of it and all of it: `random` in [0, 1).
  absl::Duration Delay(int attempt, double random) const;
  // The same with a random number of its own. Thread-safe.
  absl::Duration Delay(int attempt) const;
};

}  // namespace clientele
