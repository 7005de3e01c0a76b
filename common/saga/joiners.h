#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/core/mutex.h"
#include "common/saga/gated_executor.h"
#include "common/saga/saga.h"

namespace clientele::saga {

// Who waits for a saga's outcome. Sagas that end here are told to them at once; those that another replica runs are
// looked up, all in one statement, 50 ms to 500 ms apart. Each is answered exactly once, never under the lock.
// Thread-safe.
class Joiners {
 public:
  using Done = std::function<void(Outcome)>;

  explicit Joiners(GatedExecutor& work) : work_(work) {}

  void Add(const std::string& id, absl::Time deadline, Done done);
  // The saga ended here.
  void Answer(const std::string& id, const Outcome& outcome);
  // The saga does not run here (any more): looks it up as long as somebody waits for it, the first time at once.
  void Watch(const std::string& id);
  // Answers everyone UNAVAILABLE/SAGA_RUNNING. Once nothing runs any more.
  void Refuse();

  // UNAVAILABLE/SAGA_RUNNING with RetryInfo.
  static absl::Status StillRunning(const std::string& id);

 private:
  struct Waiter {
    Timer::Id expiry;
    Done done;
  };
  void Expire(const std::string& id, uint64_t waiter);
  void LookUp();
  void LookUpAgain();

  GatedExecutor& work_;
  Mutex mutex_;
  uint64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::map<uint64_t, Waiter>> waiters_ ABSL_GUARDED_BY(mutex_);  // by saga
  std::set<std::string> watched_ ABSL_GUARDED_BY(mutex_);
  bool looking_ ABSL_GUARDED_BY(mutex_) = false;  // a look-up runs, or waits for its time
  bool fresh_ ABSL_GUARDED_BY(mutex_) = false;    // something was watched since the last look-up began
  Timer::Id nap_ ABSL_GUARDED_BY(mutex_) = Timer::kNone;
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace clientele::saga
