#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/core/clock.h"
#include "common/core/mutex.h"
#include "common/saga/gated_executor.h"
#include "common/saga/saga.h"
#include "common/saga/saga_metrics.h"
#include "common/saga/saga_rows.h"

namespace clientele::saga {

// The sagas that this replica holds a lease of, and their steps. A saga is always at one place only: in the write
// lane's queue, on a worker, with a peer, or waiting for its next try. Thread-safe.
class Execution {
 public:
  struct Options {
    Lease lease;
    absl::Duration let_go_after;  // a try that is further off is left to whoever finds it due
  };
  // A saga left this replica: ended with an outcome, or (null) to go on elsewhere or later.
  using Left = std::function<void(const std::string& id, const Outcome* outcome)>;

  Execution(Options options, const Clock& clock, GatedExecutor& work, std::vector<Definition> definitions, Left left);

  // A saga whose row this replica has just written.
  void Begin(const std::string& id);
  // A saga whose row this replica has just claimed; its lease holds until `lease_until` at least.
  void Take(Row row, absl::Time lease_until);

  bool Holds(const std::string& id) const;
  int TakenOver() const;
  std::vector<std::string> kinds() const;

  // Prolongs the leases of what it holds.
  void Renew();

  // Forgets the definitions, with what they hold (channels). Once nothing runs any more.
  void Clear() { kinds_.clear(); }

 private:
  struct Held;
  struct Kind {
    Definition definition;
    std::unique_ptr<SagaMetrics> metrics;
    int running = 0;
  };
  enum class Stored { kGoOn, kLost, kFailed, kLeft };

  bool Hold(const std::shared_ptr<Held>& held, absl::Time lease_until);
  void Schedule(const std::shared_ptr<Held>& held);
  void Postpone(const std::shared_ptr<Held>& held);
  void Continue(pg::Session& session, const std::shared_ptr<Held>& held);
  bool Read(pg::Session& session, const std::shared_ptr<Held>& held);
  bool TakeStep(pg::Session& session, const std::shared_ptr<Held>& held);
  void StartRemote(const std::shared_ptr<Held>& held, const Step& step);

  Stored Store(pg::Session& session, const std::shared_ptr<Held>& held);
  Stored StoreStep(pg::Session& session, const std::shared_ptr<Held>& held, int next_step);
  Stored StoreFailure(pg::Session& session, const std::shared_ptr<Held>& held, const absl::Status& why);
  Stored StoreEnd(pg::Session& session, const std::shared_ptr<Held>& held, const absl::Status& status);

  const Step* StepOf(const Row& row) const;
  std::shared_ptr<Run> RunOf(const Row& row) const;
  const SagaMetrics& MetricsOf(const Held& held) const;
  bool LetGoIfLost(const std::shared_ptr<Held>& held);
  void ExtendLease(const std::string& id, absl::Time until);
  void EndLease(const std::string& id, absl::Time seen);
  void Count(Held& held);
  void Forget(const std::shared_ptr<Held>& held, const Outcome* outcome);
  bool DiesAt(const std::shared_ptr<Held>& held, const char* boundary);
  void Remove(const std::shared_ptr<Held>& held);
  void RemoveLocked(Held& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const Clock& clock_;
  GatedExecutor& work_;
  const Left left_;

  mutable Mutex mutex_;
  std::map<std::string, Kind> kinds_;  // the map itself does not change while anything runs
  struct Entry {
    std::shared_ptr<Held> held;
    absl::Time lease_until;  // not later than the database has it
  };
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace clientele::saga
