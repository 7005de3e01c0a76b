#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/pg/command_fixture_test.h"
#include "common/testing/lost_answer.h"

namespace clientele::pg {
namespace {

using ::testing::SizeIs;
using RunCommandTest = CommandTest;

const WriteStatement kSlowRename{"thing_slow_rename",
                                 {{"id", "uuid"}, {"name", "text"}, {"revision", "bigint"}, {"slow", "boolean"}},
                                 R"sql(
entity AS (
  UPDATE thing SET name = given.name, revision = thing.revision + 1 FROM given
  WHERE thing.id = given.id AND thing.revision = given.revision
    AND pg_sleep(CASE WHEN given.slow THEN 30 ELSE 0 END) IS NOT NULL
  RETURNING thing.id
))sql"};

TEST_F(RunCommandTest, AReplayAnswersTheSameAndCarriesItsPosition) {
  CallContext call = CallOf(NewId());
  int writes = 0;
  const absl::StatusOr<std::string> first = Create(*session_, call, "replayed", &writes);
  ASSERT_TRUE(first.ok());
  CallContext again = CallOf(call.request_id);
  EXPECT_EQ(*Create(*other_, again, "replayed", &writes), *first);
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(again.consistency.at("thing"), call.consistency.at("thing"));
  EXPECT_GT(again.consistency.at("thing").txid, 0U);
}

TEST_F(RunCommandTest, AKeyBelongsToItsPrincipalAndMethod) {
  CallContext call = CallOf(NewId());
  const std::string first = *Create(*session_, call, "key of anna");
  CallContext other = CallOf(call.request_id);
  other.principal = "user:bert@partners/1";
  EXPECT_NE(*Create(*session_, other, "key of bert"), first);
  other.method = "thing.v1.ThingService/Other";
  EXPECT_NE(*Create(*session_, other, "key of another method"), first);
}

TEST_F(RunCommandTest, AReusedKeyIsRefused) {
  CallContext call = CallOf(NewId(), "one body");
  ASSERT_TRUE(Create(*session_, call, "reused 1").ok());
  CallContext other = CallOf(call.request_id, "another body");
  const absl::Status status = Create(*session_, other, "reused 2").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("thing WHERE name = 'reused 2'"), 0);
}

TEST_F(RunCommandTest, EightCallsWithOneKeyHaveOneEffectAndOneAnswer) {
  for (int round = 0; round < 25; ++round) {
    const std::string key = NewId(), name = absl::StrCat("eight ", round);
    std::atomic<int> writes{0};
    std::vector<std::string> answers(8);
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto session = Connected(options());
        CallContext call = CallOf(key);
        int tried = 0;
        const absl::StatusOr<std::string> id = Create(*session, call, name, &tried);
        answers[i] = id.ok() ? *id : id.status().ToString();
        writes += tried;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(std::set<std::string>(answers.begin(), answers.end()), SizeIs(1)) << answers[0] << " " << answers[1];
    EXPECT_EQ(Count(absl::StrCat("outbox WHERE request_id = '", key, "'")), 1);
    EXPECT_EQ(Count(absl::StrCat("thing WHERE name = '", name, "'")), 1);
  }
}

TEST_F(RunCommandTest, OfTwoCreatesOfOneNameOneIsTold) {
  for (int round = 0; round < 25; ++round) {
    const std::string name = absl::StrCat("two ", round);
    std::atomic<int> made{0}, taken{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto session = Connected(options());
        CallContext call = CallOf(NewId());
        const absl::Status status = Create(*session, call, name).status();
        if (status.ok()) ++made;
        if (ReasonOf(status) == "NAME_TAKEN") ++taken;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(made, 1);
    EXPECT_EQ(taken, 3);
  }
}

TEST_F(RunCommandTest, AnUpdateThatLostTheRaceDecidesAgain) {
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "race");
  int attempts = 0;
  CallContext rename = CallOf(NewId());
  const absl::Status status = Rename(*session_, rename, id, "race won", [&](int attempt) {
    attempts = attempt;
    CallContext winner = CallOf("");
    if (attempt > 1) return;
    EXPECT_TRUE(Rename(*other_, winner, id, "race lost").ok());
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(Count(absl::StrCat("thing WHERE name = 'race won' AND revision = 3 AND id = '", id, "'")), 1);
}

TEST_F(RunCommandTest, AnUpdateThatAlwaysLosesEndsInAConflict) {
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "hopeless");
  int attempts = 0;
  CallContext rename = CallOf(NewId());
  const absl::Status status = Rename(*session_, rename, id, "never", [&](int attempt) {
    attempts = attempt;
    CallContext winner = CallOf("");
    EXPECT_TRUE(Rename(*other_, winner, id, absl::StrCat("winner ", attempt)).ok());
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "WRITE_CONFLICT");
  EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
  EXPECT_EQ(attempts, 16);
}

TEST_F(RunCommandTest, TheDeadlineEndsTheAttempts) {
  CallContext call = CallOf("");
  const std::string id = *Create(*session_, call, "late");
  CallContext rename = CallOf(NewId());
  rename.deadline = absl::Now();
  int attempts = 0;
  const absl::Status status = Rename(*session_, rename, id, "never", [&](int attempt) {
    attempts = attempt;
    CallContext winner = CallOf("");
    EXPECT_TRUE(Rename(*other_, winner, id, "first").ok());
  });
  EXPECT_EQ(ReasonOf(status), "WRITE_CONFLICT");
  EXPECT_EQ(attempts, 1);
}

TEST_F(RunCommandTest, AKeyTakenByAnotherIndexIsDecidedAgain) {
  // The UPDATE enters a unique index that another row has: 23505, which the next load explains.
  CallContext call = CallOf("");
  ASSERT_TRUE(Create(*session_, call, "occupied").ok());
  const std::string id = *Create(*session_, call, "moves");
  CallContext rename = CallOf(NewId());
  int attempts = 0;
  const auto attempt = [&]() -> absl::StatusOr<Step<NoAnswer>> {
    if (++attempts == 2) return MakeError(absl::StatusCode::kAlreadyExists, "NAME_TAKEN", "taken");
    return Step<NoAnswer>{{},
                          PlanOf(kRename, Params().Text(id).Text("occupied").Int(1), ChangeOf(id, "thing.renamed", 2))};
  };
  const absl::Status status = RunCommand(*session_, rename, attempt).status();
  EXPECT_EQ(ReasonOf(status), "NAME_TAKEN");
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(Count(absl::StrCat("idempotency WHERE request_id = '", rename.request_id, "'")), 0);
}

TEST_F(RunCommandTest, OneRunningSagaOfAKindASubject) {
  CallContext call = CallOf("");
  const SagaStart saga{NewId(), "thing.end", "things/one", "state", "replica-1"};
  WritePlan first = InsertPlan(NewId(), "saga 1");
  first.saga = saga;
  ASSERT_TRUE(Write(*session_, call, first).ok());
  WritePlan second = InsertPlan(NewId(), "saga 2");
  second.saga = saga;
  second.saga->id = NewId();
  EXPECT_EQ(FailureOf(Write(*session_, call, second).status()), Failure::kUnique);
  EXPECT_EQ(Count("thing WHERE name = 'saga 2'"), 0);
}

// Ends the backend `pid` while it is inside pg_sleep; `before` runs just before that.
std::thread KillInSleep(Session& killer, int64_t pid, std::function<void()> before = nullptr) {
  return std::thread([&killer, pid, before] {
    const std::string asleep =
        absl::StrCat("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = ", pid);
    while (Number(killer, asleep) == 0) continue;
    if (before) before();
    Number(killer, absl::StrCat("SELECT count(pg_terminate_backend(", pid, "))"));
  });
}

TEST_F(RunCommandTest, AKeyedCommitInDoubtIsSettledByAnotherAttempt) {
  for (const bool keyed : {true, false}) {
    CallContext call = CallOf("");
    const std::string id = *Create(*session_, call, absl::StrCat("doubt ", keyed));
    CallContext rename = CallOf(keyed ? NewId() : "");
    std::thread killer = KillInSleep(*other_, Number(*session_, "SELECT pg_backend_pid()"));
    int attempts = 0;
    const auto attempt = [&]() -> absl::StatusOr<Step<NoAnswer>> {
      const absl::StatusOr<Loaded> loaded = Load(*session_, rename, kById, Params().Text(id));
      if (!loaded.ok()) return loaded.status();
      ++attempts;
      Params params = Params().Text(id).Text(absl::StrCat("settled ", keyed)).Int(1).Bool(attempts == 1);
      return Step<NoAnswer>{{}, PlanOf(kSlowRename, std::move(params), ChangeOf(id, "thing.renamed", 2))};
    };
    const absl::Status status = RunCommand(*session_, rename, attempt).status();
    killer.join();
    EXPECT_EQ(status.ok(), keyed) << status;
    EXPECT_EQ(attempts, keyed ? 2 : 1);
    EXPECT_EQ(ReasonOf(status), keyed ? "" : "COMMIT_UNKNOWN");
    EXPECT_EQ(Count(absl::StrCat("thing WHERE revision = 2 AND id = '", id, "'")), keyed ? 1 : 0);
    ASSERT_TRUE(session_->Connect().ok());
  }
}

TEST_F(RunCommandTest, ACommitInDoubtThatHappenedIsFoundByItsRecord) {
  CallContext create = CallOf("");
  const std::string id = *Create(*session_, create, "happened");
  CallContext call = CallOf(NewId());
  const auto plan = [&](bool slow) {
    return PlanOf(kSlowRename, Params().Text(id).Text("happened once").Int(1).Bool(slow),
                  ChangeOf(id, "thing.renamed", 2));
  };
  // The same request commits while the first statement hangs, whose connection then breaks: as where the server
  // committed and its answer was lost.
  std::thread killer = KillInSleep(*other_, Number(*session_, "SELECT pg_backend_pid()"), [&] {
    EXPECT_THAT(Write(*Connected(options()), call, plan(false))->entity_ids, SizeIs(1));
  });
  int attempts = 0;
  using Found = Step<std::optional<Recorded>>;
  const auto found = RunCommand(*session_, call, [&]() -> absl::StatusOr<Found> {
    ++attempts;
    const absl::StatusOr<Loaded> loaded = Load(*session_, call, kById, Params().Text(id));
    if (!loaded.ok()) return loaded.status();
    return loaded->replayed.has_value() ? Found{loaded->replayed} : Found{std::nullopt, plan(true)};
  });
  killer.join();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(attempts, 2);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->revision, 2);
  EXPECT_EQ(call.consistency.at("thing"), (*found)->position);
  EXPECT_EQ(Count(absl::StrCat("outbox WHERE request_id = '", call.request_id, "'")), 1);
}

TEST_F(RunCommandTest, ACommitWhoseAnswerIsLostHasOneEffect) {
  const testing::LostAnswer answer;
  CallContext call = CallOf(NewId());
  int writes = 0;
  const absl::StatusOr<std::string> id = Create(*session_, call, "answer lost", &writes);
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_TRUE(answer.lost());
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(Count(absl::StrCat("thing WHERE name = 'answer lost' AND id = '", *id, "'")), 1);
}

TEST_F(RunCommandTest, AConnectionLostBeforeTheWriteIsMended) {
  CallContext call = CallOf("");
  const int64_t pid = Number(*session_, "SELECT pg_backend_pid()");
  ASSERT_EQ(Number(*other_, absl::StrCat("SELECT pg_terminate_backend(", pid, ", 5000)::int")), 1);
  EXPECT_TRUE(Create(*session_, call, "mended").ok());
}

TEST_F(RunCommandTest, RefusalsAreNotRecordedAndNotRepeated) {
  CallContext call = CallOf(NewId());
  int attempts = 0;
  const auto attempt = [&]() -> absl::StatusOr<Step<NoAnswer>> {
    ++attempts;
    return absl::FailedPreconditionError("no");
  };
  const absl::Status status = RunCommand(*session_, call, attempt).status();
  EXPECT_EQ(status, absl::FailedPreconditionError("no"));
  EXPECT_EQ(attempts, 1);
  EXPECT_TRUE(call.consistency.empty());
}

TEST_F(RunCommandTest, AFailureOfAStatementReachesNoCaller) {
  const WriteStatement wrong{
      "thing_wrong", {{"id", "uuid"}}, "entity AS (UPDATE thing SET no_such_column = 1 RETURNING id)"};
  CallContext call = CallOf(NewId());
  const auto attempt = [&]() -> absl::StatusOr<Step<NoAnswer>> {
    return Step<NoAnswer>{{}, WritePlan{&wrong, Params().Text(NewId()), {}, "things/x", 1, std::nullopt}};
  };
  const absl::Status status = RunCommand(*session_, call, attempt).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(FailureOf(status), Failure::kNone);
  EXPECT_EQ(status.ToString().find("no_such_column"), std::string::npos);
}

TEST_F(RunCommandTest, ThePositionOnlyMovesOn) {
  CallContext call = CallOf("");
  call.consistency["other"] = {"e", 1, 1};
  ASSERT_TRUE(Create(*session_, call, "moves on 1").ok());
  const FeedPosition first = call.consistency.at("thing");
  ASSERT_TRUE(Create(*session_, call, "moves on 2").ok());
  EXPECT_LT(first, call.consistency.at("thing"));
  EXPECT_EQ(call.consistency.size(), 2U);
}

}  // namespace
}  // namespace clientele::pg
