#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/core/error.h"

namespace clientele::market {

// A day as people write it down (YYYY-MM-DD) for what has happened: one that has begun somewhere on earth at `now`,
// since they write the day where they are. Else one violation of `field`: DATE, or FUTURE.
void CheckPastDay(const std::string& field, const std::string& day, absl::Time now,
                  std::vector<FieldViolation>* violations);

}  // namespace clientele::market
