#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "common/pg/executor.h"
#include "common/pg/point_reads.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// Single accounts, many in one statement where many wait. Thread-safe; outlives the executor's jobs.
class CustomerReads {
 public:
  using Done = std::function<void(absl::StatusOr<std::optional<Customer>>)>;

  explicit CustomerReads(pg::Executor& executor);

  // The account, unless there is none or it is still being made. `done` runs on a worker; not ok where the lane is
  // full, and `done` is not called.
  absl::Status Get(AccountName name, pg::Job job, Done done);

 private:
  pg::PointReads<AccountName, std::optional<Customer>> reads_;
};

}  // namespace clientele::customer
