#include <gtest/gtest.h>

#include "common/saga/runner_fixture_test.h"

namespace clientele::saga {
namespace {

absl::Status MakeRefusal() {
  const absl::Status status = InvalidFields(
      {{"customer.domain", "is taken", "TAKEN", "600051"}, {"customer.email", "is no e-mail address", "FORMAT", ""}});
  return WithRetry(WithResource(status, "DOMAIN", "domains/contoso.com", "stands under another partner"),
                   absl::Seconds(3));
}

// One object: two that are made alike may order their metadata differently.
const absl::Status& Refusal() {
  static const absl::Status& refusal = *new absl::Status(MakeRefusal());
  return refusal;
}

Definition Refusing() {
  return {"test.refuse", {{"one", [](pg::Session&, saga::Run&) { return StepResult::Done(Refusal()); }, nullptr}}};
}

TEST_F(RunnerTest, RefusalReachesEveryJoinerUnchanged) {
  const auto a = Start("a", {Refusing()});
  const auto b = Start("b", {Refusing()});
  const std::string id = NewSaga("a", "test.refuse");
  std::promise<Outcome> elsewhere;
  b->runner.Join(id, absl::InfiniteFuture(), [&](Outcome outcome) { elsewhere.set_value(std::move(outcome)); });
  a->runner.Begin(id);
  EXPECT_EQ(Join(a->runner, id).status, Refusal());
  EXPECT_EQ(elsewhere.get_future().get().status, Refusal());
  EXPECT_EQ(Join(b->runner, id).status, Refusal());  // long finished
  EXPECT_EQ(Count("saga WHERE last_error = 'INVALID_FIELD' AND state IS NULL"), 1);
}

TEST_F(RunnerTest, JoinOfAFinishedSagaGivesOutcomeAndConsistency) {
  const std::string id = NewSaga("");
  {
    const auto a = Start("a", {Three()});
    ASSERT_TRUE(Join(a->runner, id).status.ok());
  }
  const auto b = Start("b", {Three()});
  const Outcome outcome = Join(b->runner, id);
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.consistency.at("peer").sequence, 3U);
}

TEST_F(RunnerTest, JoinEndsAtTheDeadlineAndTheSagaRunsOn) {
  std::promise<StepDone> started;
  const Definition slow{
      "test.slow",
      {{"one", nullptr, [&](std::shared_ptr<saga::Run>, StepDone done) { started.set_value(std::move(done)); }}}};
  const auto replica = Start("a", {slow});
  const std::string id = NewSaga("a", "test.slow");
  replica->runner.Begin(id);
  const StepDone done = started.get_future().get();
  const absl::Status status = Join(replica->runner, id, absl::Milliseconds(30)).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "SAGA_RUNNING");
  EXPECT_EQ(MetadataOf(status).at("saga"), id);
  EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
  done(StepResult::Next());
  EXPECT_TRUE(Join(replica->runner, id).status.ok());
}

TEST_F(RunnerTest, JoinOfNoSagaIsNotFound) {
  const auto replica = Start("a", {Three()});
  const absl::Status status = Join(replica->runner, Uuid::NewV4().ToString()).status;
  EXPECT_EQ(ReasonOf(status), "SAGA_NOT_FOUND");
}

TEST_F(RunnerTest, ManyJoinersOnBothReplicasAreEachAnsweredOnce) {
  constexpr int kSagas = 10;
  const auto a = Start("a", {Three()});
  const auto b = Start("b", {Three()});
  std::atomic<int> answers{0};
  std::atomic<int> failures{0};
  std::vector<std::string> ids;
  ids.reserve(kSagas);
  for (int i = 0; i < kSagas; ++i) ids.push_back(NewSaga("a"));
  for (const std::string& id : ids) {
    for (Runner* runner : {&b->runner, &a->runner}) {
      for (int joiner = 0; joiner < 3; ++joiner) {
        runner->Join(id, absl::Now() + absl::Seconds(20), [&](const Outcome& outcome) {
          if (!outcome.status.ok()) ++failures;
          ++answers;
        });
      }
    }
    a->runner.Begin(id);
  }
  EXPECT_TRUE(Eventually([&] { return answers == 6 * kSagas; }));
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace clientele::saga
