#pragma once

#include <memory>

#include "absl/time/time.h"
#include "common/core/clock.h"
#include "common/pg/executor.h"

namespace clientele::relationship {

// Removes, in the bulk lane, the events, idempotency records and finished sagas whose time is over. Thread-safe.
class Retention {
 public:
  // Clock and executor outlive it.
  Retention(const Clock& clock, pg::Executor& executor, absl::Duration interval = absl::Minutes(1));
  ~Retention();

  void Start();
  // Returns once nothing of it runs. Idempotent.
  void Stop();

 private:
  class Rounds;
  const std::shared_ptr<Rounds> rounds_;
};

}  // namespace clientele::relationship
