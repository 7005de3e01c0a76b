#include <gtest/gtest.h>

#include "common/saga/runner_fixture_test.h"
#include "common/testing/failpoint.h"

namespace clientele::saga {
namespace {

#ifdef CLIENTELE_FAILPOINTS

// The saga dies on the first replica, as if its process had, at the named boundary; only its lease is left.
class BoundaryTest : public RunnerTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void TearDown() override { testing::Failpoints::Shared().SetHook(nullptr); }
};

TEST_P(BoundaryTest, DeathThereEndsAsNoDeath) {
  std::atomic<int> deaths{0};
  testing::Failpoints::Shared().SetHook(
      [&](const std::string& name) { return name == "saga.test.three." + GetParam() && deaths++ == 0; });
  const auto first = Make("a", {Three()});
  const std::string id = NewSaga("a");
  first->runner.Begin(id);
  ASSERT_TRUE(Eventually([&] { return deaths > 0; }));
  const auto second = Start("b", {Three()});
  ExpireLeases();
  EXPECT_TRUE(Join(second->runner, id).status.ok());
  ExpectWhole(id);
  EXPECT_EQ(Count("saga WHERE NOT done"), 0);
}

INSTANTIATE_TEST_SUITE_P(EveryBoundary, BoundaryTest,
                         ::testing::Values("one.before", "one.after", "one.stored", "two.before", "two.after",
                                           "two.stored", "three.before", "three.after", "three.stored"),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(FailpointDeathTest, SettingKillsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        testing::Failpoints failpoints("other=crash,here=crash:2");
        if (failpoints.Pass("here")) std::exit(1);
        failpoints.Pass("here");
        std::exit(2);
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

#endif

TEST_F(RunnerTest, LateAnswerOfALostSagaChangesNothing) {
  std::promise<std::pair<std::shared_ptr<saga::Run>, StepDone>> asked;
  Definition hanging = Three();
  hanging.steps[1].remote = [&](std::shared_ptr<saga::Run> run, StepDone done) {
    asked.set_value({std::move(run), std::move(done)});
  };
  const auto first = Make("a", {hanging});
  const std::string id = NewSaga("a");
  first->runner.Begin(id);
  const auto [run, done] = asked.get_future().get();
  const auto second = Start("b", {Three()});
  ExpireLeases();
  EXPECT_TRUE(Join(second->runner, id).status.ok());
  run->state = "of yesterday";
  done(StepResult::Done(absl::InternalError("of yesterday")));
  // The first replica learns what became of it.
  EXPECT_TRUE(Join(first->runner, id).status.ok());
  ExpectWhole(id);
}

TEST_F(RunnerTest, StopWhileAPeerHangsHandsTheSagaOnAtOnce) {
  std::promise<StepDone> asked;
  const auto alive = std::make_shared<int>(0);
  Definition hanging = Three();
  hanging.steps[1].remote = [&asked, alive](std::shared_ptr<saga::Run>, StepDone done) {
    asked.set_value(std::move(done));
  };
  const auto first = Start("a", {hanging});
  hanging.steps.clear();
  const std::string id = NewSaga("a");
  first->runner.Begin(id);
  const StepDone late = asked.get_future().get();
  std::promise<Outcome> told;
  first->runner.Join(id, absl::InfiniteFuture(), [&](Outcome outcome) { told.set_value(std::move(outcome)); });
  first->runner.Stop();
  EXPECT_EQ(ReasonOf(told.get_future().get().status), "SAGA_RUNNING");
  EXPECT_EQ(alive.use_count(), 1);  // definitions, and the channels in them, went with Stop
  EXPECT_EQ(ReasonOf(Join(first->runner, id).status), "SAGA_RUNNING");
  EXPECT_EQ(Count("saga WHERE lease_until <= clock_timestamp()"), 1);
  const auto second = Start("b", {Three()});
  EXPECT_TRUE(Join(second->runner, id).status.ok());
  late(StepResult::Done(absl::InternalError("too late")));
  ExpectWhole(id);
}

TEST_F(RunnerTest, LeaseTakenAwayMidwayIsNoticedAtTheNextWrite) {
  // The database step of "a" loses its lease while it runs; "b" finishes; "a" must not store.
  std::promise<void> inside;
  std::promise<void> go;
  Definition paused = Three();
  paused.steps[0].database = [&](pg::Session& session, saga::Run& run) {
    StepResult result = Perform(session, run);
    inside.set_value();
    go.get_future().wait();
    run.state = "of yesterday";
    return result;
  };
  const auto first = Make("a", {paused});
  const std::string id = NewSaga("a");
  first->runner.Begin(id);
  inside.get_future().wait();
  ExpireLeases();
  const auto second = Start("b", {Three()});
  EXPECT_TRUE(Join(second->runner, id).status.ok());
  go.set_value();
  EXPECT_TRUE(Join(first->runner, id).status.ok());
  ExpectWhole(id);
}

TEST_F(RunnerTest, BrokenConnectionsOnlyDelay) {
  const auto replica = Start("a", {Three()});
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(NewSaga("a"));
    replica->runner.Begin(ids.back());
    session_
        ->Execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "
            "<> pg_backend_pid()")
        .IgnoreError();
  }
  // Sagas whose store was in doubt are read again, and go on from where the row stands.
  for (const std::string& id : ids) EXPECT_TRUE(Join(replica->runner, id).status.ok());
  for (const std::string& id : ids) ExpectWhole(id);
}

TEST_F(RunnerTest, WithoutAConnectionASagaIsPutOff) {
  pg::Connection admin(testing::Cluster::AsSuperuser(options_));
  ASSERT_TRUE(admin.Connect().ok());
  // It takes over nothing: what it let go would never end.
  RunnerOptions options = Options("a");
  options.poll = absl::Seconds(5);
  Replica replica(options_, options, clock_, {Three()});
  ASSERT_TRUE(Eventually([&] { return replica.executor.Ready(); }));
  const std::string id = NewSaga("a");
  ASSERT_TRUE(admin.Execute("ALTER ROLE invitation_service NOLOGIN").ok());
  EXPECT_TRUE(admin
                  .Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = current_database() AND usename = 'invitation_service'")
                  .ok());
  const auto refuses = [&] {
    pg::Job job;
    job.run = [](absl::StatusOr<pg::Session*>) {};
    return !replica.executor.Submit(pg::Lane::kWrite, std::move(job)).ok();
  };
  replica.runner.Begin(id);
  EXPECT_TRUE(Eventually(refuses));
  EXPECT_TRUE(admin.Execute("ALTER ROLE invitation_service LOGIN").ok());
  EXPECT_TRUE(Join(replica.runner, id).status.ok());
  ExpectWhole(id);
}

}  // namespace
}  // namespace clientele::saga
