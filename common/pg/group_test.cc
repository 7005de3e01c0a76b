#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/core/mutex.h"
#include "common/pg/command_fixture_test.h"
#include "common/pg/executor.h"
#include "common/pg/given.h"
#include "common/testing/lost_answer.h"

// Commands of the write lane at the same time: what of them becomes one statement, and what does not.
namespace clientele::pg {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::IsTrue;
using ::testing::Le;
using ::testing::SizeIs;

const GivenStatement kGrow{"thing_grow",
                           {{"id", "uuid"}, {"size", "bigint"}},
                           "UPDATE thing SET size = given.size FROM given WHERE thing.id = given.id "
                           "RETURNING given.place, thing.name"};
const GivenStatement kSizes{"thing_sizes",
                            {{"ids", "uuid[]"}},
                            "SELECT given.place, thing.size FROM given JOIN thing ON thing.id = ANY (given.ids)"};
const WriteStatement kGrowAlone{"thing_grow_alone",
                                {{"id", "uuid"}, {"size", "bigint"}},
                                "entity AS (UPDATE thing SET size = given.size FROM given WHERE thing.id = given.id "
                                "RETURNING thing.id)",
                                Grouping::kAlone};

// Counts down to zero. ThreadSanitizer does not see what Abseil's packaged ones order.
class Countdown {
 public:
  explicit Countdown(int count) : count_(count) {}
  void Down() {
    MutexLock lock(&mutex_);
    --count_;
    changed_.NotifyAll();
  }
  void Await() {
    MutexLock lock(&mutex_);
    while (count_ > 0) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_);
};

class GroupTest : public CommandTest {
 protected:
  GroupTest() {
    ExecutorOptions executor;
    executor.session = options();
    executor.write.workers = 1;
    executor_.emplace(executor);
    Await([&] { return executor_->Ready(); });
  }

  // Runs `commands` at the same time. The only connection is kept busy until all are submitted, and for as long as they
  // need to come to their first statements.
  void RunAtOnce(const std::vector<std::function<void(Session&)>>& commands) {
    Countdown waiting(1), submitted(1);
    Countdown open(static_cast<int>(commands.size()) + 1);
    Submit([&](Session& session) {
      EXPECT_TRUE(session
                      .Transaction([&] {
                        waiting.Down();
                        submitted.Await();
                        Number(session, "SELECT 1 FROM pg_sleep(0.2)");
                        return absl::OkStatus();
                      })
                      .ok());
      open.Down();
    });
    waiting.Await();
    for (const auto& command : commands) {
      Submit([&](Session& session) {
        command(session);
        open.Down();
      });
    }
    submitted.Down();
    open.Await();
  }

  // Transactions that wrote events of these requests: how many statements it took.
  std::set<uint64_t> TransactionsOf(const std::vector<CallContext>& calls) {
    std::set<uint64_t> transactions;
    for (const CallContext& call : calls) {
      const absl::StatusOr<Rows> rows =
          other_->ReadDynamic("SELECT xid FROM outbox WHERE request_id = $1", Params().Text(call.request_id));
      for (int i = 0; i < rows->size(); ++i) transactions.insert(rows->Unsigned(i, 0));
    }
    return transactions;
  }

  static std::vector<CallContext> Calls(int count) {
    std::vector<CallContext> calls;
    for (int i = 0; i < count; ++i) calls.push_back(CallOf(NewId()));
    return calls;
  }

  std::optional<Executor> executor_;

 private:
  void Submit(std::function<void(Session&)> work) {
    Job job;
    job.run = [work = std::move(work)](absl::StatusOr<Session*> session) {
      if (!session.ok()) std::abort();
      work(**session);
    };
    ASSERT_TRUE(executor_->Submit(Lane::kWrite, std::move(job)).ok());
  }
};

// Renames things that were made before, each by a command of its own; answers how each ended.
std::vector<std::function<void(Session&)>> Renames(
    std::vector<CallContext>& calls, const std::vector<std::string>& ids, const std::string& names,
    std::vector<absl::Status>& statuses,
    const std::function<absl::Status(Session&, CallContext&, const std::string&, const std::string&)>& rename) {
  std::vector<std::function<void(Session&)>> commands;
  statuses.assign(ids.size(), absl::InternalError("not run"));
  for (size_t i = 0; i < ids.size(); ++i) {
    commands.emplace_back([&calls, &ids, &statuses, names, rename, i](Session& session) {
      statuses[i] = rename(session, calls[i], ids[i], absl::StrCat(names, " ", i));
    });
  }
  return commands;
}

class GroupedRenames : public GroupTest {
 protected:
  static constexpr int kCount = 12;

  GroupedRenames() {
    for (int i = 0; i < kCount; ++i) {
      CallContext call = CallOf("");
      ids_.push_back(*Create(*session_, call, NewId()));
    }
  }

  void RenameAtOnce(const std::vector<std::string>& ids, const std::string& names) {
    calls_ = Calls(static_cast<int>(ids.size()));
    RunAtOnce(Renames(calls_, ids, names, statuses_,
                      [](Session& session, CallContext& call, const std::string& id, const std::string& name) {
                        return Rename(session, call, id, name);
                      }));
  }

  std::vector<std::string> ids_;
  std::vector<CallContext> calls_;
  std::vector<absl::Status> statuses_;
};

TEST_F(GroupedRenames, WriteInFewStatementsWhatEachWouldHaveWritten) {
  const int64_t audits = Count("audit_record"), requests = Count("idempotency");
  RenameAtOnce(ids_, "grouped");
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(TransactionsOf(calls_), SizeIs(AllOf(Ge(1U), Le(4U)))) << "of 12 commands, each with a statement";
  EXPECT_EQ(Count("audit_record"), audits + kCount);
  EXPECT_EQ(Count("idempotency"), requests + kCount);
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(Count(absl::StrCat("thing WHERE id = '", ids_[i], "' AND name = 'grouped ", i, "' AND revision = 2")), 1);
    const absl::StatusOr<Rows> told = other_->ReadDynamic(
        "SELECT o.subject, i.resource, i.revision, a.resource, o.seq FROM outbox o "
        "JOIN idempotency i ON i.request_id = o.request_id::uuid JOIN audit_record a ON a.request_id = o.request_id "
        "WHERE o.request_id = $1",
        Params().Text(calls_[i].request_id));
    ASSERT_EQ(told->size(), 1);
    EXPECT_EQ(told->Text(0, 0), "things/" + ids_[i]);
    EXPECT_EQ(told->Text(0, 1), "things/" + ids_[i]);
    EXPECT_EQ(told->Int(0, 2), 2);
    EXPECT_EQ(told->Text(0, 3), "things/" + ids_[i]);
    EXPECT_GE(calls_[i].consistency.at("thing").sequence, told->Unsigned(0, 4)) << "a caller reads what it wrote";
  }
}

TEST_F(GroupedRenames, ThatBreakARuleFailAlone) {
  CallContext call = CallOf("");
  ASSERT_TRUE(Create(*session_, call, "broken 3").ok());
  RenameAtOnce(ids_, "broken");
  for (int i = 0; i < kCount; ++i) {
    if (i == 3) {
      EXPECT_EQ(ReasonOf(statuses_[i]), "WRITE_CONFLICT") << "23505, again and again: " << statuses_[i];
    } else {
      EXPECT_TRUE(statuses_[i].ok()) << statuses_[i];
    }
  }
  EXPECT_EQ(Count("thing WHERE name LIKE 'broken %'"), kCount);
}

TEST_F(GroupedRenames, OfOneThingComeOneAfterTheOther) {
  const std::vector<std::string> one(30, ids_[0]);
  RenameAtOnce(one, "one");
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(absl::StrCat("thing WHERE revision = 31 AND id = '", ids_[0], "'")), 1);
  EXPECT_THAT(TransactionsOf(calls_), SizeIs(30));
}

TEST_F(GroupedRenames, OfOneRequestHaveOneEffect) {
  calls_ = Calls(1);
  calls_.resize(5, calls_[0]);
  const std::vector<std::string> one(5, ids_[1]);
  RunAtOnce(Renames(calls_, one, "repeated", statuses_,
                    [](Session& session, CallContext& call, const std::string& id, const std::string&) {
                      return Rename(session, call, id, "repeated");
                    }));
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(absl::StrCat("thing WHERE revision = 2 AND id = '", ids_[1], "'")), 1);
  EXPECT_EQ(Count(absl::StrCat("outbox WHERE request_id = '", calls_[0].request_id, "'")), 1);
}

TEST_F(GroupedRenames, WhoseCommitIsInDoubtFindTheirRecords) {
  const testing::LostAnswer lost;
  RenameAtOnce(ids_, "in doubt");
  EXPECT_TRUE(lost.lost());
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count("thing WHERE name LIKE 'in doubt %' AND revision = 2"), kCount);
  for (const CallContext& call : calls_) {
    EXPECT_EQ(Count(absl::StrCat("outbox WHERE request_id = '", call.request_id, "'")), 1);
  }
}

TEST_F(GroupedRenames, DoNotWaitForTheLockOfOne) {
  absl::Status held;
  Countdown locked(1), renamed(kCount - 1);
  std::thread holder([&] {
    held = session_->Transaction([&] {
      const auto rows =
          session_->ReadDynamic("SELECT 1 FROM thing WHERE id = $1::uuid FOR UPDATE", Params().Text(ids_[0]));
      locked.Down();
      renamed.Await();
      return rows.status();
    });
  });
  locked.Await();
  // The lock is let go when all the others are answered.
  calls_ = Calls(kCount);
  RunAtOnce(Renames(calls_, ids_, "locked", statuses_,
                    [&](Session& session, CallContext& call, const std::string& id, const std::string& name) {
                      absl::Status status = Rename(session, call, id, name);
                      if (id != ids_[0]) renamed.Down();
                      return status;
                    }));
  holder.join();
  EXPECT_TRUE(held.ok()) << held;
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count("thing WHERE name LIKE 'locked %' AND revision = 2"), kCount);
}

TEST_F(GroupedRenames, AreNoneWhereTheStatementIsAlone) {
  calls_ = Calls(kCount);
  RunAtOnce(Renames(calls_, ids_, "", statuses_,
                    [](Session& session, CallContext& call, const std::string& id, const std::string&) {
                      const Change change = ChangeOf(id, "thing.grown", 1);
                      return Write(session, call, PlanOf(kGrowAlone, Params().Text(id).Int(5), change)).status();
                    }));
  for (const absl::Status& status : statuses_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(TransactionsOf(calls_), SizeIs(kCount));
}

TEST_F(GroupTest, CreatesOfOneNameMakeOne) {
  std::vector<CallContext> calls = Calls(6);
  std::vector<absl::Status> statuses(6);
  std::vector<std::function<void(Session&)>> commands;
  for (int i = 0; i < 6; ++i) {
    commands.emplace_back([&, i](Session& session) { statuses[i] = Create(session, calls[i], "one name").status(); });
  }
  RunAtOnce(commands);
  EXPECT_EQ(std::count_if(statuses.begin(), statuses.end(), [](const absl::Status& each) { return each.ok(); }), 1);
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok() || ReasonOf(status) == "NAME_TAKEN") << status;
}

TEST_F(GroupTest, GivenRowsAnswerTheirOwn) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    CallContext call = CallOf("");
    ids.push_back(*Create(*session_, call, absl::StrCat("given \"", i, "\"")));
  }
  std::vector<std::function<void(Session&)>> commands;
  std::vector<std::string> names(4);
  for (int i = 0; i < 4; ++i) {
    commands.emplace_back([&, i](Session& session) {
      const auto grown = WriteGiven(session, kGrow, Params().Text(ids[i]).Int(10 + i), ids[i]);
      if (grown.ok() && grown->size() == 1) names[i] = std::string(grown->Text(0, 1));
    });
  }
  commands.emplace_back([](Session& session) {
    const auto none = WriteGiven(session, kGrow, Params().Text(NewId()).Int(0), "none");
    EXPECT_TRUE(none.ok() && none->empty());
  });
  RunAtOnce(commands);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(names[i], absl::StrCat("given \"", i, "\""));
  const auto sizes = ReadGiven(*session_, kSizes, Params().TextArray({ids[1], ids[3]}));
  ASSERT_TRUE(sizes.ok()) << sizes.status();
  ASSERT_EQ(sizes->size(), 2);
  EXPECT_EQ(sizes->Int(0, 1) + sizes->Int(1, 1), 11 + 13);
}

TEST_F(GroupTest, ATransactionHasOneConnection) {
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "in a transaction");
  absl::Status status;
  std::vector<bool> same;
  RunAtOnce({[&](Session& session) {
    const int64_t outside = Number(session, "SELECT pg_backend_pid()");
    status = session.Transaction([&] {
      same.push_back(Number(session, "SELECT pg_backend_pid()") == outside);
      same.push_back(WriteGiven(session, kGrow, Params().Text(id).Int(7), id).ok());
      same.push_back(Number(*other_, absl::StrCat("SELECT size FROM thing WHERE id = '", id, "'")) == 0);
      return absl::OkStatus();
    });
  }});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(same, Each(IsTrue()));
  EXPECT_EQ(Number(*other_, absl::StrCat("SELECT size FROM thing WHERE id = '", id, "'")), 7);
}

TEST_F(GroupTest, WhatWaitsPastItsDeadlineIsNotRun) {
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "too late");
  std::vector<CallContext> calls = Calls(1);
  calls[0].deadline = absl::Now() + absl::Milliseconds(60);
  absl::Status status;
  RunAtOnce({[&](Session& session) { status = Rename(session, calls[0], id, "never"); }});
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(Count("thing WHERE name = 'too late' AND revision = 1"), 1);
}

}  // namespace
}  // namespace clientele::pg
