#include "common/pg/shared_session.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "common/pg/failure.h"

namespace clientele::pg {

std::vector<StatementGroups::Waiting> StatementGroups::Take(const std::shared_ptr<Signal>& done) {
  std::vector<Waiting> group;
  MutexLock lock(&mutex_);
  auto next = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) { return each.done == done; });
  if (next == waiting_.end()) return group;
  const Groupable& first = *next->statement;
  std::set<std::string> claimed(first.claims().begin(), first.claims().end());
  group.push_back(*next);
  waiting_.erase(next);
  if (first.alone()) return group;
  for (next = waiting_.begin(); next != waiting_.end() && group.size() < Groupable::kMaxGroup;) {
    const Groupable& other = *next->statement;
    const std::vector<std::string>& claims = other.claims();
    const auto taken = [&](const std::string& claim) { return claimed.count(claim) > 0; };
    if (&other.statement() != &first.statement() || claimed.size() + claims.size() > Groupable::kMaxClaims ||
        std::any_of(claims.begin(), claims.end(), taken)) {
      ++next;
      continue;
    }
    claimed.insert(claims.begin(), claims.end());
    group.push_back(*next);
    next = waiting_.erase(next);
  }
  return group;
}

void StatementGroups::Run(Groupable& statement) {
  const auto done = std::make_shared<Signal>();
  const auto taken = std::make_shared<std::atomic<bool>>(false);
  {
    MutexLock lock(&mutex_);
    waiting_.push_back({&statement, done, taken});
  }
  Job job;
  job.spent = taken;
  job.run = [this, done, &statement](absl::StatusOr<Session*> session) {
    if (session.ok()) return RunGroup(**session, Take(done));
    // The others have jobs of their own, and may find another connection.
    if (!Withdraw(done)) return;
    statement.Refuse(FailureStatus(Failure::kConnection));
    done->Raise();
  };
  if (!connections_.Submit(job).ok() && Withdraw(done)) {
    statement.Refuse(FailureStatus(Failure::kConnection));
    return;
  }
  done->Await();
}

void StatementGroups::RunGroup(Session& session, const std::vector<Waiting>& group) {
  std::vector<Waiting> live;
  std::vector<Groupable*> statements;
  for (const Waiting& each : group) {
    *each.taken = true;
    if (absl::Now() >= each.statement->deadline()) {
      each.statement->Refuse(ExpiredInQueue());
      each.done->Raise();
    } else {
      live.push_back(each);
      statements.push_back(each.statement);
    }
  }
  if (!live.empty()) RunTogether(session, statements, [&](size_t i) { live[i].done->Raise(); });
}

bool StatementGroups::Withdraw(const std::shared_ptr<Signal>& done) {
  MutexLock lock(&mutex_);
  const auto mine =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) { return each.done == done; });
  if (mine == waiting_.end()) return false;
  waiting_.erase(mine);
  return true;
}

absl::Status StatementGroups::RunOnConnection(const std::function<void(Session&)>& work) {
  const auto done = std::make_shared<Signal>();
  absl::Status status;
  Job job;
  job.run = [&, done](absl::StatusOr<Session*> session) {
    status = session.ok() ? absl::OkStatus() : FailureStatus(Failure::kConnection);
    if (session.ok()) work(**session);
    done->Raise();
  };
  if (!connections_.Submit(job).ok()) return FailureStatus(Failure::kConnection);
  done->Await();
  return status;
}

void SharedSession::Run(Groupable& statement) {
  if (in_transaction_ != nullptr) return in_transaction_->Run(statement);
  groups_.Run(statement);
}

absl::StatusOr<Rows> SharedSession::OnConnection(const std::function<absl::StatusOr<Rows>(Session&)>& work) {
  if (in_transaction_ != nullptr) return work(*in_transaction_);
  absl::StatusOr<Rows> rows;
  const absl::Status status = groups_.RunOnConnection([&](Session& session) { rows = work(session); });
  return status.ok() ? std::move(rows) : status;
}

absl::StatusOr<Rows> SharedSession::Read(const Statement& statement, const Params& params) {
  return OnConnection([&](Session& session) { return session.Read(statement, params); });
}

absl::StatusOr<Rows> SharedSession::Write(const Statement& statement, const Params& params) {
  return OnConnection([&](Session& session) { return session.Write(statement, params); });
}

absl::StatusOr<Rows> SharedSession::ReadDynamic(const std::string& sql, const Params& params) {
  return OnConnection([&](Session& session) { return session.ReadDynamic(sql, params); });
}

absl::Status SharedSession::Transaction(const std::function<absl::Status()>& work) {
  if (in_transaction_ != nullptr) return in_transaction_->Transaction(work);
  absl::Status outcome;
  const absl::Status status = groups_.RunOnConnection([&](Session& session) {
    in_transaction_ = &session;
    outcome = session.Transaction(work);
    in_transaction_ = nullptr;
  });
  return status.ok() ? outcome : status;
}

}  // namespace clientele::pg
