#include "common/pg/shared_session.h"

#include <gmock/gmock.h>

#include <thread>

#include "common/pg/command_fixture_test.h"
#include "common/pg/failure.h"
#include "common/pg/given.h"

// Statements that share connections, where one of those is lost.
namespace clientele::pg {
namespace {

using ::testing::ElementsAre;
using SharedSessionTest = CommandTest;

const GivenStatement kResize{"thing_resize",
                             {{"id", "uuid"}, {"size", "bigint"}},
                             "UPDATE thing SET size = given.size FROM given WHERE thing.id = given.id "
                             "RETURNING given.place"};

// Connects once, when it may; has lost the connection when the first job comes, and gets no other.
class LosingSession final : public Session {
 public:
  LosingSession(Signal& may_connect, Signal& lost, Signal& may_fail)
      : may_connect_(may_connect), lost_(lost), may_fail_(may_fail) {}
  bool connected() const override { return connected_; }
  absl::Status Connect() override {
    if (!connected_before_) {
      may_connect_.Await();
      connected_before_ = connected_ = true;
      return absl::OkStatus();
    }
    lost_.Raise();
    may_fail_.Await();
    return DatabaseUnavailable();
  }
  bool Alive() override { return connected_ = false; }
  void Close() override {}
  void Abort() override {}
  absl::StatusOr<Rows> Read(const Statement&, const Params&) override { return FailureStatus(Failure::kConnection); }
  absl::StatusOr<Rows> Write(const Statement&, const Params&) override { return FailureStatus(Failure::kConnection); }
  absl::StatusOr<Rows> ReadDynamic(const std::string&, const Params&) override {
    return FailureStatus(Failure::kConnection);
  }
  void Run(Groupable& statement) override { statement.Refuse(FailureStatus(Failure::kConnection)); }
  absl::Status Transaction(const std::function<absl::Status()>&) override {
    return FailureStatus(Failure::kConnection);
  }

 private:
  Signal& may_connect_;
  Signal& lost_;
  Signal& may_fail_;
  bool connected_before_ = false;
  bool connected_ = false;
};

TEST_F(SharedSessionTest, AWorkerWithoutAConnectionRefusesItsOwnStatementAlone) {
  std::vector<std::string> ids;
  for (const char* name : {"refused", "run"}) {
    CallContext call = CallOf("");
    ids.push_back(*Create(*session_, call, name));
  }
  Signal may_connect, lost, may_fail, busy, free;
  std::vector<std::unique_ptr<Session>> sessions;
  sessions.push_back(std::make_unique<LosingSession>(may_connect, lost, may_fail));
  sessions.push_back(std::make_unique<Connection>(options()));
  WorkerLane lane("write", {}, std::move(sessions));
  StatementGroups groups(lane);
  Job job;
  job.run = [&](absl::StatusOr<Session*>) {
    busy.Raise();
    free.Await();
  };
  EXPECT_TRUE(lane.Submit(job).ok());
  busy.Await();
  std::vector<absl::Status> statuses(2);
  std::vector<std::thread> writers;
  const auto write = [&](size_t i) {
    writers.emplace_back([&, i] {
      SharedSession session(groups);
      statuses[i] = WriteGiven(session, kResize, Params().Text(ids[i]).Int(3), ids[i]).status();
    });
    Await([&] { return lane.Statistics().queued == 1; });
  };
  write(0);
  may_connect.Raise();
  lost.Await(absl::Seconds(30));  // the first statement's worker; it takes no other along
  write(1);
  may_fail.Raise();
  writers[0].join();
  free.Raise();
  writers[1].join();
  lane.Stop();
  EXPECT_EQ(FailureOf(statuses[0]), Failure::kConnection) << statuses[0];
  EXPECT_TRUE(statuses[1].ok()) << statuses[1];
  EXPECT_EQ(Count("thing WHERE name IN ('refused', 'run') AND size = 3"), 1);
}

// Fails as one of many; by itself it runs where there is a connection, or loses that.
class Member final : public Groupable {
 public:
  explicit Member(bool loses) : loses_(loses) {}
  const Statement& statement() const override { return kResize.statement; }
  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  const std::vector<std::string>& claims() const override { return claims_; }
  bool alone() const override { return false; }
  absl::Status RunGroup(Session& session, const std::vector<Groupable*>& group) override {
    if (group.size() > 1) return FailureStatus(Failure::kUnique);
    if (loses_) session.Close();
    if (!session.connected()) return FailureStatus(Failure::kConnection);
    outcome_ = absl::OkStatus();
    return outcome_;
  }
  void Refuse(const absl::Status& status) override { outcome_ = status; }
  const absl::Status& outcome() const { return outcome_; }

 private:
  const bool loses_;
  const std::vector<std::string> claims_;
  absl::Status outcome_ = absl::InternalError("not run");
};

TEST_F(SharedSessionTest, RunOneByOneAConnectionThatOneLosesIsMadeAgainForTheNext) {
  Member before(false), loses(true), after(false);
  std::vector<size_t> settled;
  RunTogether(*session_, {&before, &loses, &after}, [&](size_t i) { settled.push_back(i); });
  EXPECT_THAT(settled, ElementsAre(0U, 1U, 2U));
  EXPECT_TRUE(before.outcome().ok()) << before.outcome();
  EXPECT_EQ(FailureOf(loses.outcome()), Failure::kConnection);
  EXPECT_TRUE(after.outcome().ok()) << after.outcome();
}

}  // namespace
}  // namespace clientele::pg
