// What becomes of a step: the half of Execution that writes it down.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/core/sha256.h"
#include "common/obs/log.h"
#include "common/saga/execution.h"
#include "common/saga/execution_held.h"

namespace clientele::saga {
namespace {

constexpr Backoff kRetryBackoff{absl::Milliseconds(25), absl::Seconds(30), 2.0};
constexpr absl::Duration kStepTime = absl::Seconds(5);

bool IsPowerOfTwo(int value) { return (value & (value - 1)) == 0; }

std::string ReasonFor(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

}  // namespace

std::shared_ptr<Run> Execution::RunOf(const Row& row) const {
  auto run = std::make_shared<Run>();
  run->id = row.id;
  run->kind = row.kind;
  run->subject = row.subject;
  run->step = row.step;
  run->state = row.state;
  run->attempt = row.attempt_count + 1;
  const Step* step = StepOf(row);
  const std::string name = step == nullptr ? absl::StrCat(row.step) : step->name;
  CallContext& call = run->call;
  call.principal = row.principal;
  call.on_behalf_of = row.on_behalf_of;
  call.method = absl::StrCat("saga/", row.kind, "/", name);
  // The same for every attempt, on every replica: whatever a step asks for has its effect once.
  call.request_id = Uuid::V5(Uuid::Parse(row.id).value_or(Uuid()), name).ToString();
  call.request_hash = Sha256(call.request_id);
  call.origin_request_id = row.request_id;
  call.trace_id = row.trace_id;
  if (!row.trace_id.empty()) {
    call.traceparent = absl::StrCat("00-", row.trace_id, "-", NewSpanId(), "-01");
  }
  call.now = clock_.Now();
  call.deadline = absl::Now() + kStepTime;
  call.consistency = row.consistency;
  return run;
}

Execution::Stored Execution::Store(pg::Session& session, const std::shared_ptr<Held>& held) {
  const StepResult& result = *held->result;
  switch (result.kind) {
    case StepResult::Kind::kNext: {
      const int next = result.next_step < 0 ? held->row.step + 1 : result.next_step;
      const Kind& kind = kinds_.find(held->row.kind)->second;
      if (next >= static_cast<int>(kind.definition.steps.size())) return StoreEnd(session, held, absl::OkStatus());
      return StoreStep(session, held, next);
    }
    case StepResult::Kind::kRetry:
      return StoreFailure(session, held, pg::ForCaller(result.status));
    case StepResult::Kind::kDone:
      return StoreEnd(session, held, pg::ForCaller(result.status));
  }
  return Stored::kLost;
}

Execution::Stored Execution::StoreStep(pg::Session& session, const std::shared_ptr<Held>& held, int next_step) {
  Row next = held->row;
  next.step = next_step;
  next.state = held->run->state;
  next.consistency = held->run->call.consistency;
  next.attempt_count = 0;
  const absl::Time until = absl::Now() + options_.lease.duration;
  const absl::StatusOr<bool> stored = StoreNext(session, options_.lease, held->row, next);
  if (!stored.ok()) return Stored::kFailed;
  if (!*stored) return Stored::kLost;
  MetricsOf(*held).steps.Increment();
  ExtendLease(held->id, until);
  if (DiesAt(held, "stored")) return Stored::kLeft;
  held->row = std::move(next);
  return Stored::kGoOn;
}

Execution::Stored Execution::StoreFailure(pg::Session& session, const std::shared_ptr<Held>& held,
                                          const absl::Status& why) {
  const int attempt = held->row.attempt_count + 1;
  const absl::Duration delay = kRetryBackoff.Delay(attempt);
  const Retry retry{delay, ReasonFor(why), delay > options_.let_go_after};
  const absl::Time until = absl::Now() + options_.lease.duration;
  const absl::StatusOr<bool> stored =
      StoreRetry(session, options_.lease, held->row, retry, held->run->call.consistency);
  if (!stored.ok()) return Stored::kFailed;
  if (!*stored) return Stored::kLost;
  MetricsOf(*held).retries.Increment();
  if (IsPowerOfTwo(attempt)) {
    obs::Log(obs::Level::kWarning, "a saga's step is tried again",
             {{"saga", held->id},
              {"method", held->run->call.method},
              {"attempt", attempt},
              {"reason", retry.reason},
              {"trace_id", held->row.trace_id}});
  }
  if (DiesAt(held, "stored")) return Stored::kLeft;
  if (retry.let_go) {
    Forget(held, nullptr);
    return Stored::kLeft;
  }
  ExtendLease(held->id, until);
  held->row.attempt_count = attempt;
  held->row.consistency = held->run->call.consistency;
  held->result.reset();
  held->postponed = 0;
  work_.Later(delay, [this, held] { Schedule(held); });
  return Stored::kLeft;
}

Execution::Stored Execution::StoreEnd(pg::Session& session, const std::shared_ptr<Held>& held,
                                      const absl::Status& status) {
  const Outcome outcome{status, held->run->call.consistency};
  const bool forget = !status.ok() && !kinds_.find(held->row.kind)->second.definition.refusals_stand;
  const absl::StatusOr<bool> stored = StoreDone(session, options_.lease, held->row, outcome, forget, clock_.Now());
  if (!stored.ok()) return Stored::kFailed;
  if (!*stored) return Stored::kLost;
  const SagaMetrics& metrics = MetricsOf(*held);
  metrics.steps.Increment();
  (status.ok() ? metrics.succeeded : metrics.refused).Increment();
  if (DiesAt(held, "stored")) return Stored::kLeft;
  Forget(held, &outcome);
  return Stored::kLeft;
}

}  // namespace clientele::saga
