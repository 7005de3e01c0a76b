#pragma once

#include <memory>
#include <string>

#include "common/core/clock.h"

namespace clientele::service {

// The clock of a binary. Builds with failpoints take its offset from the file that --clock_offset_file names (seconds,
// read at most every 50 ms), so that several processes of a test share one time. Releases have no such flag.
std::unique_ptr<Clock> MakeClock();

}  // namespace clientele::service
