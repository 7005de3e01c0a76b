#include "common/pg/lane.h"

#include <gmock/gmock.h>

#include "common/pg/executor_fixture_test.h"

// Which worker of a lane takes a job, and when.
namespace clientele::pg {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

class LaneTest : public ExecutorTest {
 protected:
  static ExecutorOptions Patient(absl::Duration patience, int workers = 2) {
    ExecutorOptions options = Options(workers, 1000);
    options.read.patience = patience;
    return options;
  }
  static std::string Backend(Session& session) { return absl::StrCat(Number(session, "SELECT pg_backend_pid()")); }
  static Job StandingAt(const std::shared_ptr<Gate>& gate, std::string* backend) {
    Job job;
    job.run = [gate, backend](const absl::StatusOr<Session*>& session) {
      *backend = Backend(**session);
      gate->Stand();
    };
    return job;
  }
  // A job that notes who ran it, and whose work another could do.
  static Job TakenAlong(Outcomes& backends) {
    Job job;
    job.spent = std::make_shared<std::atomic<bool>>(false);
    job.run = [&backends](const absl::StatusOr<Session*>& session) {
      backends.Add(session.ok() ? Backend(**session) : ReasonOf(session.status()));
    };
    return job;
  }
  // Time for an idle worker that was woken, or is about to be idle.
  void WorkElsewhere(Executor& executor) {
    ASSERT_TRUE(executor.Submit(Lane::kBulk, Noted("elsewhere")).ok());
    outcomes_.WaitFor(++elsewhere_);
  }
  // Has one worker stand at a gate, and another watch it. Answers the backend of the one that stands.
  std::string StandWatched(Executor& executor, const std::shared_ptr<Gate>& gate) {
    const auto before = std::make_shared<Gate>();
    std::string watching, standing;
    EXPECT_TRUE(executor.Submit(Lane::kRead, StandingAt(before, &watching)).ok());
    before->AwaitStanding(1);
    EXPECT_TRUE(executor.Submit(Lane::kRead, StandingAt(gate, &standing)).ok());
    gate->AwaitStanding(1);
    before->Open();
    Await([&] { return executor.Statistics(Lane::kRead).busy == 1; });
    WorkElsewhere(executor);
    return standing;
  }

  size_t elsewhere_ = 0;
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
  Outcomes took;
  Executor executor(Patient(absl::Hours(1)));
  constexpr size_t kRounds = 20;
  size_t left = 0;
  for (size_t round = 1; round <= kRounds; ++round) {
    const auto gate = std::make_shared<Gate>();
    const std::string busy = StandWatched(executor, gate);
    EXPECT_TRUE(executor.Submit(Lane::kRead, TakenAlong(took)).ok());
    WorkElsewhere(executor);
    gate->Open();
    const std::vector<std::string> backends = took.WaitFor(round);
    ASSERT_THAT(backends, SizeIs(round));
    left += backends.back() == busy ? 1 : 0;
    Await([&] { return executor.Statistics(Lane::kRead).busy == 0; });
  }
  // Not where the other was slow to come back, and took the job on its way.
  EXPECT_GT(left, kRounds / 2);
}

TEST_F(LaneTest, WhatIsLeftToAStuckWorkerIsTakenByTheOther) {
  Executor executor(Patient(absl::Milliseconds(50)));
  const auto gate = std::make_shared<Gate>();
  StandWatched(executor, gate);
  executor.SubmitAfter(absl::Milliseconds(500), Lane::kBulk, Noted("much later"));
  Job job = Noted("left");
  job.spent = std::make_shared<std::atomic<bool>>(false);
  EXPECT_TRUE(executor.Submit(Lane::kRead, std::move(job)).ok());
  EXPECT_THAT(outcomes_.WaitFor(3), ElementsAre("elsewhere:OK", "left:OK", "much later:OK"));
  gate->Open();
}

TEST_F(LaneTest, WhatIsLeftToTwoStuckWorkersIsTakenByTheThird) {
  Executor executor(Patient(absl::Milliseconds(50), 3));
  const auto gate = std::make_shared<Gate>();
  StandWatched(executor, gate);
  executor.SubmitAfter(absl::Milliseconds(500), Lane::kBulk, Noted("much later"));
  std::string stuck_too;
  Job stands = StandingAt(gate, &stuck_too);
  Job job = Noted("left");
  for (Job* const each : {&stands, &job}) {
    each->spent = std::make_shared<std::atomic<bool>>(false);
    EXPECT_TRUE(executor.Submit(Lane::kRead, *each).ok());
  }
  EXPECT_THAT(outcomes_.WaitFor(3), ElementsAre("elsewhere:OK", "left:OK", "much later:OK"));
  gate->Open();
}

TEST_F(LaneTest, WhatNoBatchHoldsIsNotLeftToTheBusyWorker) {
  Outcomes took;
  Executor executor(Patient(absl::Hours(1)));
  const auto gate = std::make_shared<Gate>();
  const std::string busy = StandWatched(executor, gate);
  constexpr size_t kJobs = 2 * kMaxBatch + 1;
  for (size_t i = 0; i < kJobs; ++i) EXPECT_TRUE(executor.Submit(Lane::kRead, TakenAlong(took)).ok());
  EXPECT_THAT(took.WaitFor(kJobs), SizeIs(kJobs));
  EXPECT_THAT(took.WaitFor(0), Not(Contains(busy)));
  gate->Open();
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
