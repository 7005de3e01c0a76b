#pragma once

#include "absl/time/time.h"

namespace clientele::service {

// SIGTERM and SIGINT as something to wait for. Make one before any other thread starts: threads inherit the mask.
class StopSignals {
 public:
  StopSignals();
  // True where a signal came within `timeout`.
  bool WaitFor(absl::Duration timeout);
};

}  // namespace clientele::service
