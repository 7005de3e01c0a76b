#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/core/clock.h"
#include "common/pg/command.h"
#include "common/pg/executor.h"

// Changes that run across services: steps, each idempotent, driven by a row in the coordinator's own schema. The row is
// written with the change that triggers the saga (pg::SagaStart) and is leased; what a killed replica leaves is taken
// over by another when its lease runs out. No worker waits on an RPC and no transaction is held across one.
namespace clientele::saga {

// A saga as its steps see it.
struct Run {
  std::string id;
  std::string kind;
  std::string subject;
  int step = 0;
  // The saga's own serialized message. A step changes it, and the runner stores it with the next step; an attempt that
  // is retried leaves nothing behind, as if the process had died there.
  std::string state;
  int attempt = 1;  // of this step
  // The principal who started it, the step's own request_id (UUIDv5 of saga and step) and method (saga/<kind>/<step>),
  // 5 s of time, the consistency gathered so far. A remote step merges what the peer answered into call.consistency.
  CallContext call;
};

// What a step came to.
struct StepResult {
  enum class Kind { kNext, kRetry, kDone };
  Kind kind = Kind::kNext;
  int next_step = -1;   // kNext: -1 is the one after this; after the last one the saga is done and ok
  absl::Status status;  // kRetry: why; kDone: what the caller is told

  static StepResult Next() { return {}; }
  static StepResult GoTo(int step) { return {Kind::kNext, step, absl::OkStatus()}; }
  // Tried again, 25 ms to 30 s later, until it succeeds; sagas do not give up on what may come back.
  static StepResult Retry(absl::Status why) { return {Kind::kRetry, -1, std::move(why)}; }
  static StepResult Done(absl::Status outcome) { return {Kind::kDone, -1, std::move(outcome)}; }
};

// True for what may succeed when tried again, or says nothing of what an earlier try came to: a peer that is away or of
// another version or configuration, a key that another build's request has taken. False for a refusal by the domain:
// only that is final, and may be answered by undoing.
bool IsTransient(const absl::Status& status);

using StepDone = std::function<void(StepResult)>;
struct Step {
  std::string name;
  // Exactly one of the two. `database` runs on the write lane; `remote` must not block and calls back, once, on any
  // thread.
  std::function<StepResult(pg::Session&, Run&)> database;
  std::function<void(std::shared_ptr<Run>, StepDone)> remote;
};

struct Definition {
  std::string kind;  // customer.create
  std::vector<Step> steps;
  // A saga that ends refused takes the idempotency record of its request along, so that the same request can be made
  // again once the reason is gone. True where part of it was done, and a repeat is to be told the same.
  bool refusals_stand = false;
};

struct RunnerOptions {
  std::string owner;  // unique per replica and start
  absl::Duration lease = pg::kSagaLease;
  absl::Duration poll = absl::Seconds(1);
  int max_running = 64;  // sagas taken over that run here at once
};

struct Outcome {
  absl::Status status;
  Consistency consistency;
};

// Runs the sagas of one replica. A saga whose next try is further off than `poll` is let go of: whichever replica finds
// it due runs it on. Thread-safe.
class Runner {
 public:
  Runner(RunnerOptions options, const Clock& clock, pg::Executor& executor, std::vector<Definition> definitions);
  ~Runner();

  const std::string& owner() const;
  // Begins to take over due sagas.
  void Start();
  // Stops taking steps: a database step ends first, a remote one is left behind (its late answer is dropped; whoever
  // takes over repeats it under the same request_id). Releases this replica's leases and answers who waits. Idempotent;
  // not from a callback of its own.
  void Stop();

  // Runs a saga whose row this replica has just written (it is leased to owner()).
  void Begin(const std::string& id);
  // Calls back with the saga's outcome: at once where it is done, when it ends, whichever replica runs it; or with
  // UNAVAILABLE/SAGA_RUNNING and RetryInfo at the deadline, and the saga runs on. On any thread.
  void Join(const std::string& id, absl::Time deadline, std::function<void(Outcome)> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clientele::saga
