#include "common/pg/command.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/obs/metrics.h"
#include "common/pg/failure.h"

namespace clientele::pg {
namespace {

// Of the 32 commands of a replica that may want one row at once, some get through at each attempt: the jitter parts
// them. Of a row that another transaction locks, about as long as the default deadline.
constexpr int kMaxAttempts = 16;
// Each of a lane's two connections may be found broken.
constexpr int kMaxReconnects = 2;
constexpr Backoff kConflictBackoff{absl::Milliseconds(2), absl::Milliseconds(100), 2.0};

std::string& Service() {
  static auto* const name = new std::string;
  return *name;
}

// A change of the resource was not made because another one was first.
absl::Status LostRace() { return FailureStatus(Failure::kSerialization); }

void CountRetry(Failure failure) {
  static const auto counter = [](const char* cause) {
    return &obs::CounterFor("clientele_write_retries_total", "Attempts of a command that were repeated, by cause",
                            {{"cause", cause}});
  };
  static obs::Counter* const unique = counter("unique");
  static obs::Counter* const conflict = counter("conflict");
  static obs::Counter* const connection = counter("connection");
  (failure == Failure::kUnique ? unique : failure == Failure::kSerialization ? conflict : connection)->Increment();
}

absl::Status AttemptOnce(Session& session, CallContext& call, const PlanAttempt& attempt, Written* out) {
  const absl::StatusOr<std::optional<WritePlan>> plan = attempt();
  if (!plan.ok() || !plan->has_value()) return plan.status();
  absl::StatusOr<Written> written = Write(session, call, **plan);
  if (!written.ok()) return written.status();
  if (written->entity_ids.empty()) return LostRace();
  Advance(written->position, call);
  if (out != nullptr) *out = *std::move(written);
  return absl::OkStatus();
}

}  // namespace

WritePlan PlanOf(const WriteStatement& statement, Params params, Change change) {
  WritePlan plan;
  plan.statement = &statement;
  plan.params = std::move(params);
  plan.resource = change.subject;
  plan.revision = change.revision;
  plan.changes.push_back(std::move(change));
  return plan;
}

Begun BegunBefore(const Recorded& replayed, const std::string& saga) {
  return {replayed.saga, replayed.resource, !replayed.saga.empty() && replayed.saga == saga};
}

absl::Status RunAttempts(Session& session, CallContext& call, const PlanAttempt& attempt, Written* written) {
  int reconnects = 0;
  for (int n = 1;; ++n) {
    const absl::Status status = AttemptOnce(session, call, attempt, written);
    const Failure failure = FailureOf(status);
    switch (failure) {
      case Failure::kUnique:
      case Failure::kSerialization:
        break;
      case Failure::kInDoubt:
        // Only the record of a key can tell whether it was committed.
        if (call.request_id.empty()) return ForCaller(status);
        [[fallthrough]];
      case Failure::kConnection:
        if (++reconnects > kMaxReconnects || !session.Connect().ok()) return DatabaseUnavailable();
        break;
      default:
        return ForCaller(status);
    }
    const absl::Duration delay = kConflictBackoff.Delay(n);
    if (n == kMaxAttempts || absl::Now() + delay >= call.deadline) return ForCaller(status);
    CountRetry(failure);
    absl::SleepFor(delay);
  }
}

void Advance(const FeedPosition& position, CallContext& call) {
  if (position.txid == 0) return;  // nothing was told
  FeedPosition& known = call.consistency[ServiceName()];
  if (known.epoch != position.epoch || known < position) known = position;
}

void SetServiceName(const std::string& name) { Service() = name; }

const std::string& ServiceName() { return Service(); }

}  // namespace clientele::pg
