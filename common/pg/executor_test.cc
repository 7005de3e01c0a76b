#include "common/pg/executor.h"

#include <gmock/gmock.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "common/pg/executor_fixture_test.h"

namespace clientele::pg {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(ExecutorTest, RunsJobsInOrderOnEachLane) {
  Executor executor(Options());
  Await([&] { return executor.Ready(); });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(executor.Submit(Lane::kRead, Noted(absl::StrCat(i))).ok());
  EXPECT_THAT(outcomes_.WaitFor(5), ElementsAre("0:OK", "1:OK", "2:OK", "3:OK", "4:OK"));
  ASSERT_TRUE(executor.Submit(Lane::kBulk, Noted("bulk")).ok());
  outcomes_.WaitFor(6);
  ASSERT_TRUE(executor.Submit(Lane::kWrite, Noted("write")).ok());
  EXPECT_THAT(outcomes_.WaitFor(7), ElementsAre("0:OK", "1:OK", "2:OK", "3:OK", "4:OK", "bulk:OK", "write:OK"));
}

TEST_F(ExecutorTest, PagesKeepNoReadWaiting) {
  ExecutorOptions options = Options();
  options.list = {1, 1};
  Executor executor(options);
  ASSERT_TRUE(executor.Submit(Lane::kList, Standing()).ok());
  gate_.AwaitStanding(1);
  ASSERT_TRUE(executor.Submit(Lane::kList, Noted("page")).ok());
  EXPECT_EQ(ReasonOf(executor.Submit(Lane::kList, Noted("refused"))), "OVERLOADED");
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("read")).ok());
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("read:OK"));
  gate_.Open();
  EXPECT_THAT(outcomes_.WaitFor(2), ElementsAre("read:OK", "page:OK"));
}

TEST_F(ExecutorTest, JobsThatComeBeforeTheConnectionWaitForIt) {
  Executor executor(Options());
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("early")).ok());
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("early:OK"));
}

TEST_F(ExecutorTest, EachLaneHasItsCeiling) {
  ExecutorOptions options = Options();
  options.read.statement_timeout = absl::Milliseconds(10);
  Executor executor(options);
  for (const Lane lane : {Lane::kRead, Lane::kBulk}) {
    absl::Notification done;
    Job job;
    job.run = [&done, lane](absl::StatusOr<Session*> session) {
      const Failure failure = FailureOf((*session)->ReadDynamic("SELECT pg_sleep(0.1)", {}).status());
      EXPECT_EQ(failure, lane == Lane::kRead ? Failure::kCancelled : Failure::kNone);
      done.Notify();
    };
    ASSERT_TRUE(executor.Submit(lane, job).ok());
    done.WaitForNotification();
  }
}

TEST_F(ExecutorTest, CommandsHardlyWaitForLocks) {
  Executor executor(ExecutorOptions{options()});
  for (const auto& [lane, expected] : {std::pair(Lane::kRead, "2s"), std::pair(Lane::kWrite, "50ms")}) {
    Job job;
    job.run = [this](absl::StatusOr<Session*> session) {
      outcomes_.Add(std::string((*session)->ReadDynamic("SHOW lock_timeout", {})->Text(0, 0)));
    };
    ASSERT_TRUE(executor.Submit(lane, job).ok());
    EXPECT_EQ(outcomes_.WaitFor(lane == Lane::kRead ? 1 : 2).back(), expected);
  }
}

TEST_F(ExecutorTest, AFullLaneRefusesAtOnce) {
  Executor executor(Options(1, 3));
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("waits")).ok());
  EXPECT_EQ(executor.Statistics(Lane::kRead).queued, 3);
  EXPECT_EQ(executor.Statistics(Lane::kRead).busy, 1);
  const absl::Status status = executor.Submit(Lane::kRead, Noted("refused"));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
  // Another lane is not touched by it.
  ASSERT_TRUE(executor.Submit(Lane::kWrite, Noted("write")).ok());
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("write:OK"));
  gate_.Open();
  EXPECT_THAT(outcomes_.WaitFor(4), ElementsAre("write:OK", "waits:OK", "waits:OK", "waits:OK"));
}

TEST_F(ExecutorTest, DropsWhatExpiredOrWasAbandoned) {
  Executor executor(Options());
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  Job expired = Noted("expired");
  expired.deadline = absl::Now();
  Job abandoned = Noted("abandoned");
  abandoned.abandoned = std::make_shared<std::atomic<bool>>(true);
  Job wanted = Noted("wanted");
  wanted.deadline = absl::Now() + absl::Minutes(1);
  wanted.abandoned = std::make_shared<std::atomic<bool>>(false);
  for (const Job& job : {expired, abandoned, wanted}) ASSERT_TRUE(executor.Submit(Lane::kRead, job).ok());
  gate_.Open();
  EXPECT_THAT(outcomes_.WaitFor(3), ElementsAre("expired:DEADLINE_EXCEEDED", "abandoned:CANCELLED", "wanted:OK"));
}

TEST_F(ExecutorTest, StopRunsEveryJobExactlyOnce) {
  std::atomic<int> ran{0}, with_session{0}, refused{0}, accepted{0};
  {
    Executor executor(Options(2, 100000));
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          Job job;
          job.run = [&](absl::StatusOr<Session*> session) {
            ++ran;
            session.ok() ? ++with_session : ++refused;
            EXPECT_TRUE(!session.ok() || (*session)->ReadDynamic("SELECT 1", {}).ok());
          };
          if (i % 10 == 0) {
            executor.SubmitAfter(absl::Milliseconds(i), Lane::kRead, job);
            ++accepted;
          } else if (executor.Submit(Lane::kRead, job).ok()) {
            ++accepted;
          }
        }
      });
    }
    Await([&] { return with_session > 50; });
    executor.Stop();
    for (std::thread& thread : threads) thread.join();
    executor.Stop();
    EXPECT_EQ(ran, accepted);
    Job late;
    late.run = [&](const absl::StatusOr<Session*>& session) {
      EXPECT_EQ(ReasonOf(session.status()), "SHUTTING_DOWN");
      ++ran;
    };
    EXPECT_EQ(ReasonOf(executor.Submit(Lane::kRead, late)), "SHUTTING_DOWN");
    EXPECT_EQ(ran, accepted);
    executor.SubmitAfter(absl::Hours(1), Lane::kRead, late);
    EXPECT_EQ(ran, accepted + 1);
  }
  EXPECT_EQ(with_session + refused, accepted);
}

TEST_F(ExecutorTest, DelayedJobsComeInOrderOfTheirTime) {
  Executor executor(Options());
  const absl::Time start = absl::Now();
  executor.SubmitAfter(absl::Milliseconds(60), Lane::kRead, Noted("second"));
  executor.SubmitAfter(absl::Milliseconds(20), Lane::kRead, Noted("first"));
  EXPECT_THAT(outcomes_.WaitFor(2), ElementsAre("first:OK", "second:OK"));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(60));
}

TEST_F(ExecutorTest, ADelayedJobWhoseLaneIsFullIsToldSo) {
  Executor executor(Options(1, 1));
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("waits")).ok());
  executor.SubmitAfter(absl::ZeroDuration(), Lane::kRead, Noted("delayed"));
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("delayed:OVERLOADED"));
  gate_.Open();
  outcomes_.WaitFor(2);
}

TEST_F(ExecutorTest, AWorkerWhoseConnectionWasCutServesTheNextJob) {
  Executor executor(Options());
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("before")).ok());
  outcomes_.WaitFor(1);
  const auto other = Connected(options());
  Number(*other,
         "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
         "WHERE pid <> pg_backend_pid() AND datname = current_database()");
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("after")).ok());
  EXPECT_THAT(outcomes_.WaitFor(2), ElementsAre("before:OK", "after:OK"));
}

TEST_F(ExecutorTest, ADatabaseThatIsAwayIsSaidAtOnceAndComesBack) {
  testing::Cluster& cluster = testing::Cluster::Shared();
  Executor executor(Options(2));
  Await([&] { return executor.Ready(); });
  cluster.Kill();
  // Idle workers notice too.
  Await([&] { return !executor.Ready(); });
  Await([&] { return ReasonOf(executor.Submit(Lane::kRead, Noted("away"))) == "DATABASE_UNAVAILABLE"; });
  const absl::Time start = absl::Now();
  EXPECT_EQ(executor.Submit(Lane::kRead, Noted("away")).code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(500));
  EXPECT_EQ(executor.Statistics(Lane::kRead).queued, 0);
  EXPECT_THAT(outcomes_.WaitFor(0), Each(std::string("away:DATABASE_UNAVAILABLE")));
  cluster.Restart();
  Await([&] { return executor.Ready(); });
  Outcomes after;
  Job job;
  job.run = [&](absl::StatusOr<Session*> session) {
    after.Add((*session)->ReadDynamic("SELECT 1", {}).status().ToString());
  };
  ASSERT_TRUE(executor.Submit(Lane::kRead, job).ok());
  EXPECT_THAT(after.WaitFor(1), ElementsAre("OK"));
}

TEST_F(ExecutorTest, ADatabaseThatHangsIsNotReadyUntilItAnswers) {
  testing::Cluster& cluster = testing::Cluster::Shared();
  Executor executor(Options());
  Await([&] { return executor.Ready(); });
  cluster.Pause();
  Await([&] { return !executor.Ready(); });
  cluster.Resume();
  Await([&] { return executor.Ready(); });
}

TEST_F(ExecutorTest, ADatabaseThatHangsHoldsUpNoStop) {
  testing::Cluster& cluster = testing::Cluster::Shared();
  Executor executor(Options());
  Await([&] { return executor.Ready(); });
  cluster.Pause();
  ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("hangs")).ok());
  Await([&] { return executor.Statistics(Lane::kRead).busy == 1; });
  executor.CutOffAfter(absl::Milliseconds(100));
  executor.Stop();
  cluster.Resume();
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("hangs:DATABASE_UNAVAILABLE"));
}

TEST_F(ExecutorTest, WhatWaitsWhenTheDatabaseGoesIsAnswered) {
  testing::Cluster& cluster = testing::Cluster::Shared();
  {
    Executor executor(Options());
    ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
    gate_.AwaitStanding(1);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(executor.Submit(Lane::kRead, Noted("waits")).ok());
    cluster.Kill();
    gate_.Open();
    EXPECT_THAT(outcomes_.WaitFor(20), Each(std::string("waits:DATABASE_UNAVAILABLE")));
    EXPECT_THAT(outcomes_.WaitFor(20), SizeIs(20));
  }
  cluster.Restart();
}

}  // namespace
}  // namespace clientele::pg
