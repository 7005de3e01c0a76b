#include "common/pg/shared_session.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "common/pg/failure.h"

namespace clientele::pg {

StatementGroups::Group StatementGroups::Take(const std::shared_ptr<Waiting>& mine) {
  if (!Withdraw(mine)) return {};
  Group group = {mine};
  const Groupable& first = mine->statement;
  if (first.alone()) return group;
  std::set<std::string> claimed(first.claims().begin(), first.claims().end());
  MutexLock lock(&mutex_);
  for (auto next = waiting_.begin(); next != waiting_.end() && group.size() < Groupable::kMaxGroup;) {
    const Groupable& other = (*next)->statement;
    const std::vector<std::string>& claims = other.claims();
    const auto claimed_before = [&](const std::string& claim) { return claimed.count(claim) > 0; };
    if (&other.statement() != &first.statement() || claimed.size() + claims.size() > Groupable::kMaxClaims ||
        std::any_of(claims.begin(), claims.end(), claimed_before)) {
      ++next;
      continue;
    }
    claimed.insert(claims.begin(), claims.end());
    (*next)->taken = true;
    group.push_back(std::move(*next));
    next = waiting_.erase(next);
  }
  return group;
}

bool StatementGroups::Withdraw(const std::shared_ptr<Waiting>& mine) {
  MutexLock lock(&mutex_);
  if (mine->taken.exchange(true)) return false;
  waiting_.remove(mine);
  return true;
}

void StatementGroups::Run(Groupable& statement) {
  const auto mine = std::make_shared<Waiting>(statement);
  {
    MutexLock lock(&mutex_);
    waiting_.push_back(mine);
  }
  Job job;
  job.spent = {mine, &mine->taken};
  job.run = [this, mine](absl::StatusOr<Session*> session) {
    if (session.ok()) return RunGroup(**session, Take(mine));
    // The others have jobs of their own, and may find another connection.
    if (!Withdraw(mine)) return;
    mine->statement.Refuse(FailureStatus(Failure::kConnection));
    mine->done.Raise();
  };
  if (!connections_.Submit(job).ok() && Withdraw(mine)) {
    statement.Refuse(FailureStatus(Failure::kConnection));
    return;
  }
  mine->done.Await();
}

void StatementGroups::RunGroup(Session& session, const Group& group) {
  Group live;
  std::vector<Groupable*> statements;
  for (const std::shared_ptr<Waiting>& each : group) {
    if (absl::Now() >= each->statement.deadline()) {
      each->statement.Refuse(ExpiredInQueue());
      each->done.Raise();
    } else {
      live.push_back(each);
      statements.push_back(&each->statement);
    }
  }
  if (!live.empty()) RunTogether(session, statements, [&](size_t i) { live[i]->done.Raise(); });
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
