#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace clientele {

// Domain time: what expiry, creation times and retention are measured by. Injected everywhere, so that days can
// pass in a test. Deadlines and waits use real time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds are the finest unit that PostgreSQL keeps, so no answer is finer.
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMicros(absl::ToUnixMicros(absl::Now())); }
};

}  // namespace clientele
