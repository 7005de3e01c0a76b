#include "common/saga/execution.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/saga/execution_held.h"
#include "common/testing/failpoint.h"

namespace clientele::saga {
namespace {

// While the database does not answer: what is to be stored waits in memory.
constexpr Backoff kStoreBackoff{absl::Milliseconds(25), absl::Seconds(2), 2.0};

}  // namespace

Execution::Execution(Options options, const Clock& clock, GatedExecutor& work, std::vector<Definition> definitions,
                     Left left)
    : options_(std::move(options)), clock_(clock), work_(work), left_(std::move(left)) {
  for (Definition& definition : definitions) {
    const std::string kind = definition.kind;
    kinds_[kind] = Kind{std::move(definition), std::make_unique<SagaMetrics>(kind)};
    kinds_[kind].metrics->running.Set(0);
  }
}

void Execution::Begin(const std::string& id) {
  auto held = std::make_shared<Held>(id, false);
  if (Hold(held, absl::Now() + options_.lease.duration)) Schedule(held);
}

void Execution::Take(Row row, absl::Time lease_until) {
  auto held = std::make_shared<Held>(row.id, true);
  held->row = std::move(row);
  held->known = true;
  if (!Hold(held, lease_until)) return;
  Count(*held);
  Schedule(held);
}

// False where it is held already: its lease had run out and was claimed again; what it waits for goes on.
bool Execution::Hold(const std::shared_ptr<Held>& held, absl::Time lease_until) {
  MutexLock lock(&mutex_);
  const auto [entry, added] = entries_.try_emplace(held->id, Entry{held, lease_until});
  if (!added) entry->second.lease_until = std::max(entry->second.lease_until, lease_until);
  return added;
}

bool Execution::Holds(const std::string& id) const {
  MutexLock lock(&mutex_);
  return entries_.count(id) > 0;
}

int Execution::TakenOver() const {
  MutexLock lock(&mutex_);
  int count = 0;
  for (const auto& [id, entry] : entries_) count += entry.held->taken_over ? 1 : 0;
  return count;
}

std::vector<std::string> Execution::kinds() const {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds_) names.push_back(name);
  return names;
}

void Execution::Renew() {
  std::map<std::string, absl::Time> leases;
  {
    MutexLock lock(&mutex_);
    for (const auto& [id, entry] : entries_) leases[id] = entry.lease_until;
  }
  if (leases.empty()) return;
  work_.OnLane(pg::Lane::kWrite, [this, leases](absl::StatusOr<pg::Session*> session) {
    if (!session.ok()) return;
    std::vector<std::string> ids;
    for (const auto& [id, lease_until] : leases) ids.push_back(id);
    const absl::Time until = absl::Now() + options_.lease.duration;
    const auto renewed = RenewLeases(**session, options_.lease, ids);
    if (!renewed.ok()) return;
    for (const auto& [id, lease_until] : leases) {
      if (renewed->count(id) > 0) {
        ExtendLease(id, until);
      } else {
        EndLease(id, lease_until);
      }
    }
  });
}

void Execution::Schedule(const std::shared_ptr<Held>& held) {
  work_.OnLane(pg::Lane::kWrite, [this, held](absl::StatusOr<pg::Session*> session) {
    if (session.ok()) {
      Continue(**session, held);
    } else {
      Postpone(held);
    }
  });
}

void Execution::Postpone(const std::shared_ptr<Held>& held) {
  work_.Later(kStoreBackoff.Delay(++held->postponed), [this, held] { Schedule(held); });
}

// Stores what a step came to and takes the next one, until one goes to a peer or there is nothing to do now.
void Execution::Continue(pg::Session& session, const std::shared_ptr<Held>& held) {
  while (!work_.gate().closed()) {
    if (!held->known && !Read(session, held)) return;
    if (held->result.has_value()) {
      const Stored stored = Store(session, held);
      if (stored == Stored::kLeft) return;
      if (stored == Stored::kFailed) return Postpone(held);
      held->postponed = 0;
      held->result.reset();
      held->known = stored == Stored::kGoOn;
      continue;
    }
    if (LetGoIfLost(held)) return;
    if (!TakeStep(session, held)) return;
  }
}

// True where the row is this replica's to run on.
bool Execution::Read(pg::Session& session, const std::shared_ptr<Held>& held) {
  const absl::Time asked = absl::Now();
  absl::StatusOr<Found> found = ReadRow(session, held->id, options_.lease.owner);
  if (!found.ok() && pg::FailureOf(found.status()) != pg::Failure::kNone) {
    Postpone(held);
    return false;
  }
  if (!found.ok() || !found->mine) {
    Forget(held, nullptr);
    return false;
  }
  if (kinds_.count(found->row.kind) == 0) {
    CLIENTELE_BUG("a saga was begun whose kind this runner was not given");
    Forget(held, nullptr);
    return false;
  }
  held->row = std::move(found->row);
  held->known = true;
  ExtendLease(held->id, asked + found->lease_left);
  Count(*held);
  return true;
}

// False where nothing is left to do on this worker.
bool Execution::TakeStep(pg::Session& session, const std::shared_ptr<Held>& held) {
  const Step* step = StepOf(held->row);
  held->run = RunOf(held->row);
  if (step == nullptr) {
    // Of a newer version, while it is rolled out: one of its replicas will know it.
    held->result = StepResult::Retry(MakeError(absl::StatusCode::kUnavailable, "UNKNOWN_STEP", "unknown step"));
    return true;
  }
  if (DiesAt(held, "before")) return false;
  if (step->remote) {
    StartRemote(held, *step);
    return false;
  }
  held->result = step->database(session, *held->run);
  return !DiesAt(held, "after");
}

void Execution::StartRemote(const std::shared_ptr<Held>& held, const Step& step) {
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  step.remote(held->run, [this, work = work_.shared_from_this(), held, answered](StepResult result) {
    if (answered->exchange(true)) return;
    GatePass pass(work->gate());
    if (!pass) return;
    held->result = std::move(result);
    if (!DiesAt(held, "after")) Schedule(held);
  });
}

const Step* Execution::StepOf(const Row& row) const {
  const auto kind = kinds_.find(row.kind);
  if (kind == kinds_.end() || row.step < 0) return nullptr;
  const std::vector<Step>& steps = kind->second.definition.steps;
  return row.step < static_cast<int>(steps.size()) ? &steps[row.step] : nullptr;
}

const SagaMetrics& Execution::MetricsOf(const Held& held) const { return *kinds_.find(held.row.kind)->second.metrics; }

// Looks and lets go under one lock: a claim that comes in between finds the saga held, and it goes on.
bool Execution::LetGoIfLost(const std::shared_ptr<Held>& held) {
  {
    MutexLock lock(&mutex_);
    const auto entry = entries_.find(held->id);
    if (entry != entries_.end() && absl::Now() < entry->second.lease_until) return false;
    RemoveLocked(*held);
  }
  MetricsOf(*held).lost.Increment();
  left_(held->id, nullptr);
  return true;
}

void Execution::ExtendLease(const std::string& id, absl::Time until) {
  MutexLock lock(&mutex_);
  const auto entry = entries_.find(id);
  if (entry != entries_.end()) entry->second.lease_until = until;
}

// Unless it was claimed again since it ran until `seen`.
void Execution::EndLease(const std::string& id, absl::Time seen) {
  MutexLock lock(&mutex_);
  const auto entry = entries_.find(id);
  if (entry != entries_.end() && entry->second.lease_until == seen) entry->second.lease_until = absl::InfinitePast();
}

void Execution::Count(Held& held) {
  const auto kind = kinds_.find(held.row.kind);
  if (held.counted || kind == kinds_.end()) return;
  held.counted = true;
  MutexLock lock(&mutex_);
  kind->second.metrics->running.Set(++kind->second.running);
}

void Execution::Forget(const std::shared_ptr<Held>& held, const Outcome* outcome) {
  Remove(held);
  left_(held->id, outcome);
}

void Execution::Remove(const std::shared_ptr<Held>& held) {
  MutexLock lock(&mutex_);
  RemoveLocked(*held);
}

void Execution::RemoveLocked(Held& held) {
  const auto kind = kinds_.find(held.row.kind);
  entries_.erase(held.id);
  if (held.counted) kind->second.metrics->running.Set(--kind->second.running);
  held.counted = false;
}

// A test may end the saga's life on this replica here, as a crash would: nothing is stored, released or told.
bool Execution::DiesAt(const std::shared_ptr<Held>& held, const char* boundary) {
  const Step* step = StepOf(held->row);
  if (step == nullptr || !CLIENTELE_FAILPOINT(absl::StrCat("saga.", held->row.kind, ".", step->name, ".", boundary))) {
    return false;
  }
  Remove(held);
  return true;
}

}  // namespace clientele::saga
