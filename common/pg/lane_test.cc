#include "common/pg/lane.h"

#include <gmock/gmock.h>

#include "common/pg/executor_fixture_test.h"

// Which worker of a lane takes a job, and when.
namespace clientele::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class LaneTest : public ExecutorTest {
 protected:
  static std::string Backend(Session& session) {
    return std::string(session.ReadDynamic("SELECT pg_backend_pid()", {})->Text(0, 0));
  }
  // A job that notes who ran it, and whose work another could do.
  static Job TakenAlong(Outcomes& backends) {
    Job job;
    job.spent = std::make_shared<std::atomic<bool>>(false);
    job.run = [&backends](const absl::StatusOr<Session*>& session) { backends.Add(Backend(**session)); };
    return job;
  }
};

TEST_F(LaneTest, TheWorkerThatWorkedLastTakesTheNextJob) {
  Executor executor(Options(2));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(2);
  gate_.Open();
  constexpr int kJobs = 50;
  std::vector<std::string> backends;
  for (int i = 1; i <= kJobs; ++i) {
    Await([&] { return executor.Statistics(Lane::kRead).busy == 0; });
    Job job;
    job.run = [this](const absl::StatusOr<Session*>& session) { outcomes_.Add(Backend(**session)); };
    ASSERT_TRUE(executor.Submit(Lane::kRead, std::move(job)).ok());
    backends = outcomes_.WaitFor(i);
  }
  // Workers that took turns would change each time. One that is not quite back when the next job comes changes, too.
  int changes = 0;
  for (int i = 1; i < kJobs; ++i) changes += backends[i] != backends[i - 1] ? 1 : 0;
  EXPECT_LT(changes, kJobs / 2);
}

TEST_F(LaneTest, ABusyWorkerIsLeftWhatItMayTakeAlong) {
  ExecutorOptions options = Options(2);
  options.read.patience = absl::Hours(1);
  Executor executor(options);
  constexpr int kRounds = 50;
  int left = 0;
  for (int i = 0; i < kRounds; ++i) {
    Gate gate;
    std::string busy;
    Job stands;
    stands.run = [&](const absl::StatusOr<Session*>& session) {
      busy = Backend(**session);
      gate.Stand();
    };
    ASSERT_TRUE(executor.Submit(Lane::kRead, std::move(stands)).ok());
    gate.AwaitStanding(1);
    Outcomes took;
    ASSERT_TRUE(executor.Submit(Lane::kRead, TakenAlong(took)).ok());
    // Time for an idle worker that was woken.
    ASSERT_TRUE(executor.Submit(Lane::kBulk, Noted("elsewhere")).ok());
    outcomes_.WaitFor(i + 1);
    gate.Open();
    left += took.WaitFor(1) == std::vector<std::string>{busy} ? 1 : 0;
    Await([&] { return executor.Statistics(Lane::kRead).busy == 0; });
  }
  // Not in the first round, and not in others where both came back at the same moment: then none watches the other.
  EXPECT_GT(left, kRounds / 2);
}

TEST_F(LaneTest, NothingWaitsLongForAStuckWorker) {
  ExecutorOptions options = Options(2);
  options.read.patience = absl::Milliseconds(1);
  Outcomes took;
  Executor executor(options);
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  constexpr size_t kJobs = 100;
  size_t submitted = 0;
  while (submitted < kJobs && took.WaitFor(submitted).size() == submitted) {
    submitted += executor.Submit(Lane::kRead, TakenAlong(took)).ok() ? 1 : 0;
  }
  EXPECT_THAT(took.WaitFor(kJobs), SizeIs(kJobs));
  gate_.Open();
}

TEST_F(LaneTest, WhatNoBatchHoldsIsNotLeftToTheBusyWorker) {
  ExecutorOptions options = Options(2, 1000);
  options.read.patience = absl::Hours(1);
  Outcomes took;
  Executor executor(options);
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  constexpr size_t kJobs = 10 * (2 * kMaxBatch + 1);
  size_t submitted = 0;
  while (submitted < kJobs && took.WaitFor(submitted).size() == submitted) {
    for (size_t i = 0; i <= 2 * kMaxBatch; ++i) {
      submitted += executor.Submit(Lane::kRead, TakenAlong(took)).ok() ? 1 : 0;
    }
  }
  EXPECT_THAT(took.WaitFor(kJobs), SizeIs(kJobs));
  gate_.Open();
}

TEST_F(LaneTest, DropsWhatAnotherJobTookAlong) {
  Executor executor(Options());
  ASSERT_TRUE(executor.Submit(Lane::kRead, Standing()).ok());
  gate_.AwaitStanding(1);
  const auto spent = std::make_shared<std::atomic<bool>>(false);
  Job taken = Noted("taken along");
  taken.spent = spent;
  Job wanted = Noted("wanted");
  wanted.spent = std::make_shared<std::atomic<bool>>(false);
  for (const Job& job : {taken, taken, wanted}) ASSERT_TRUE(executor.Submit(Lane::kRead, job).ok());
  *spent = true;
  gate_.Open();
  EXPECT_THAT(outcomes_.WaitFor(1), ElementsAre("wanted:OK"));
  Await([&] { return executor.Statistics(Lane::kRead).queued == 0; });
  EXPECT_THAT(outcomes_.WaitFor(0), SizeIs(1));
}

}  // namespace
}  // namespace clientele::pg
