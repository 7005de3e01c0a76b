#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/core/mutex.h"
#include "common/core/signal.h"
#include "common/pg/groupable.h"
#include "common/pg/lane.h"
#include "common/pg/session.h"

namespace clientele::pg {

// The statements that wait for a connection of a lane, from threads that have none of their own. A connection that
// comes free takes one and all its like that wait, and runs them as one: a group commit without a timer, of one
// statement where nothing else waits. Private to common/pg. Thread-safe; outlives the lane's jobs.
class StatementGroups {
 public:
  explicit StatementGroups(WorkerLane& connections) : connections_(connections) {}
  StatementGroups(const StatementGroups&) = delete;
  StatementGroups& operator=(const StatementGroups&) = delete;

  // Returns when the statement was run, or refused.
  void Run(Groupable& statement);
  // Returns when `work` was run on a connection; kConnection where there is none.
  absl::Status RunOnConnection(const std::function<void(Session&)>& work);
  // The database is away: what comes is refused.
  bool Away() const { return connections_.Away(); }

 private:
  struct Waiting {
    explicit Waiting(Groupable& statement) : statement(statement) {}
    Groupable& statement;  // there until `done`
    Signal done;
    std::atomic<bool> taken{false};  // written under mutex_
  };
  using Group = std::vector<std::shared_ptr<Waiting>>;

  // Runs those whose deadline has not passed, and tells each when it is settled.
  static void RunGroup(Session& session, const Group& group);
  // Takes `mine`, and its like; none where it was taken before.
  Group Take(const std::shared_ptr<Waiting>& mine);
  // Takes `mine` alone; false where it was taken before.
  bool Withdraw(const std::shared_ptr<Waiting>& mine);

  WorkerLane& connections_;
  Mutex mutex_;
  std::list<std::shared_ptr<Waiting>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// A session of one thread among many that share a lane's connections, each statement on any of them.
class SharedSession final : public Session {
 public:
  explicit SharedSession(StatementGroups& groups) : groups_(groups) {}

  bool connected() const override { return !groups_.Away(); }
  // The lane sees to its connections itself.
  absl::Status Connect() override { return groups_.Away() ? DatabaseUnavailable() : absl::OkStatus(); }
  void Close() override {}
  void Abort() override {}
  bool Alive() override { return connected(); }
  absl::StatusOr<Rows> Read(const Statement& statement, const Params& params) override;
  absl::StatusOr<Rows> Write(const Statement& statement, const Params& params) override;
  absl::StatusOr<Rows> ReadDynamic(const std::string& sql, const Params& params) override;
  void Run(Groupable& statement) override;
  // `work` runs on the connection's thread.
  absl::Status Transaction(const std::function<absl::Status()>& work) override;

 private:
  // Runs `work` on the transaction's connection, or on any.
  absl::StatusOr<Rows> OnConnection(const std::function<absl::StatusOr<Rows>(Session&)>& work);

  StatementGroups& groups_;
  Session* in_transaction_ = nullptr;  // the connection whose transaction is open
};

}  // namespace clientele::pg
