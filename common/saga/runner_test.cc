#include <gtest/gtest.h>

#include <set>

#include "common/core/error.h"
#include "common/obs/metrics.h"
#include "common/saga/runner_fixture_test.h"

namespace clientele::saga {
namespace {

TEST_F(RunnerTest, RunsFromBeginToEnd) {
  const auto replica = Start("a", {Three()});
  const std::string id = NewSaga("a");
  replica->runner.Begin(id);
  const Outcome outcome = Join(replica->runner, id);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.consistency.at("peer").txid, 7U);
  ExpectWhole(id);
  EXPECT_NE(obs::MetricsText().find("clientele_sagas_running{kind=\"test.three\"} 0"), std::string::npos);
}

TEST_F(RunnerTest, StepsSeeWhoAskedAndTheirOwnRequestId) {
  std::vector<CallContext> calls;
  std::vector<int> attempts;
  const auto look = [&](pg::Session&, saga::Run& run) {
    calls.push_back(run.call);
    attempts.push_back(run.attempt);
    return run.step == 1 && run.attempt < 3 ? StepResult::Retry(absl::UnavailableError("not yet")) : StepResult::Next();
  };
  const auto replica = Start("a", {{"test.look", {{"one", look, nullptr}, {"two", look, nullptr}}}});
  const std::string id = NewSaga("a", "test.look");
  replica->runner.Begin(id);
  EXPECT_TRUE(Join(replica->runner, id).status.ok());
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(attempts, (std::vector<int>{1, 1, 2, 3}));
  EXPECT_EQ(calls[0].request_id, Uuid::V5(*Uuid::Parse(id), "one").ToString());
  EXPECT_EQ(calls[1].request_id, Uuid::V5(*Uuid::Parse(id), "two").ToString());
  EXPECT_EQ(calls[3].request_id, calls[1].request_id);
  EXPECT_EQ(calls[3].request_hash, calls[1].request_hash);
  EXPECT_EQ(calls[0].request_hash.size(), 32U);
  EXPECT_EQ(calls[0].principal, "user:anna");
  EXPECT_EQ(calls[0].on_behalf_of, "user:max");
  EXPECT_EQ(calls[0].method, "saga/test.look/one");
  EXPECT_EQ(calls[0].traceparent.rfind("00-0af7651916cd43dd8448eb211c80319c-", 0), 0U);
  EXPECT_EQ(calls[0].now, clock_.Now());
  EXPECT_GT(calls[0].deadline, absl::Now() - absl::Minutes(1));
}

TEST_F(RunnerTest, RetryReachesTheEndAndShowsOnTheRow) {
  std::atomic<bool> away{true};
  const auto step = [&](pg::Session& session, saga::Run& run) {
    run.state += "an attempt that is retried leaves nothing behind";
    if (away) return StepResult::Retry(MakeError(absl::StatusCode::kUnavailable, "PEER_AWAY", "away"));
    run.state = ">";
    return Perform(session, run);
  };
  // Tries further off than the poll are let go of; a poll of 20 ms makes that every one.
  const auto replica = Start("a", {{"test.retry", {{"one", step, nullptr}}}});
  const std::string id = NewSaga("a", "test.retry");
  std::promise<Outcome> ended;
  replica->runner.Begin(id);
  replica->runner.Join(id, absl::InfiniteFuture(), [&](Outcome outcome) { ended.set_value(std::move(outcome)); });
  ASSERT_TRUE(Eventually([&] {
    return Count("saga WHERE NOT done AND kind = 'test.retry' AND subject = 'subjects/" + id + "' AND id = '" + id +
                 "' AND attempt_count >= 3 AND last_error = 'PEER_AWAY' "
                 "AND next_attempt < clock_timestamp() + interval '1 minute'") == 1;
  }));
  EXPECT_EQ(Count("saga WHERE state = '>'"), 1);
  away = false;
  EXPECT_TRUE(ended.get_future().get().status.ok());
  EXPECT_EQ(Count("saga WHERE NOT done"), 0);
  EXPECT_EQ(Count("effect"), 1);
}

TEST_F(RunnerTest, GoToAndDoneEarly) {
  std::vector<int> path;
  const auto step = [&](pg::Session&, saga::Run& run) {
    path.push_back(run.step);
    if (run.step == 0) return StepResult::GoTo(2);
    if (run.step == 2) return StepResult::GoTo(1);
    return StepResult::Done(absl::OkStatus());
  };
  const auto replica = Start("a", {{"test.path", {{"a", step, nullptr}, {"b", step, nullptr}, {"c", step, nullptr}}}});
  const std::string id = NewSaga("a", "test.path");
  replica->runner.Begin(id);
  EXPECT_TRUE(Join(replica->runner, id).status.ok());
  EXPECT_EQ(path, (std::vector<int>{0, 2, 1}));
}

TEST_F(RunnerTest, TwoRunnersRaceAndEachStepRunsOnce) {
  constexpr int kSagas = 30;
  std::vector<std::string> ids;
  ids.reserve(kSagas);
  for (int i = 0; i < kSagas; ++i) ids.push_back(NewSaga(""));
  const auto a = Start("a", {Three()});
  const auto b = Start("b", {Three()});
  for (const std::string& id : ids) EXPECT_TRUE(Join(a->runner, id).status.ok());
  for (const std::string& id : ids) ExpectWhole(id);
  EXPECT_EQ(Count("visit"), 3 * kSagas);
}

TEST_F(RunnerTest, TakesOverNoMoreThanItMayRun) {
  constexpr int kMost = 3;
  constexpr int kAll = 2 * kMost;
  Mutex mutex;
  std::vector<StepDone> hanging;
  const Definition hang{"test.hang", {{"one", nullptr, [&](std::shared_ptr<saga::Run>, StepDone done) {
                                         MutexLock lock(&mutex);
                                         hanging.push_back(std::move(done));
                                       }}}};
  for (int i = 0; i < kAll; ++i) NewSaga("", "test.hang");
  RunnerOptions options = Options("a");
  options.max_running = kMost;
  Replica replica(options_, options, clock_, {hang});
  replica.runner.Start();
  const auto running = [&] {
    MutexLock lock(&mutex);
    return hanging.size();
  };
  ASSERT_TRUE(Eventually([&] { return running() == kMost; }));
  EXPECT_EQ(Count("saga WHERE owner = 'a'"), kMost);
  for (int answered = 0; answered < kAll; ++answered) {
    ASSERT_TRUE(Eventually([&] { return running() > static_cast<size_t>(answered); }));
    StepDone done;
    {
      MutexLock lock(&mutex);
      done = hanging[answered];
    }
    done(StepResult::Next());
    done(StepResult::Next());  // an answer that comes twice counts once
  }
  EXPECT_TRUE(Eventually([&] { return Count("saga WHERE done") == kAll; }));
}

TEST_F(RunnerTest, LeaseIsRenewedWhileAStepRunsLong) {
  std::promise<StepDone> started;
  const Definition slow{
      "test.slow",
      {{"one", nullptr, [&](std::shared_ptr<saga::Run>, StepDone done) { started.set_value(std::move(done)); }}}};
  RunnerOptions options = Options("a");
  options.lease = absl::Milliseconds(300);
  Replica replica(options_, options, clock_, {slow});
  replica.runner.Start();
  const auto other = Start("b", {Three("test.other")});
  const std::string id = NewSaga("a", "test.slow");
  replica.runner.Begin(id);
  const StepDone done = started.get_future().get();
  const auto lease_until = [&] {
    const auto rows = session_->ReadDynamic("SELECT lease_until FROM saga", {});
    return rows->Time(0, 0);
  };
  ASSERT_TRUE(session_->Execute("UPDATE saga SET lease_until = clock_timestamp() + interval '250 ms'").ok());
  const absl::Time first = lease_until();
  ASSERT_TRUE(Eventually([&] { return lease_until() > first + absl::Milliseconds(300); }));
  done(StepResult::Next());
  EXPECT_TRUE(Join(replica.runner, id).status.ok());
}

TEST_F(RunnerTest, UnknownKindIsLeftToOthers) {
  const std::string id = NewSaga("");
  const auto other = Start("b", {Three("test.other")});
  const auto knows = Start("a", {Three()});
  EXPECT_TRUE(Join(other->runner, id).status.ok());
  ExpectWhole(id);
}

TEST(IsTransient, OnlyTheDomainsRefusalIsFinal) {
  for (const auto code :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kAborted, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnknown, absl::StatusCode::kInternal,
        absl::StatusCode::kCancelled, absl::StatusCode::kUnauthenticated, absl::StatusCode::kUnimplemented}) {
    EXPECT_TRUE(IsTransient(absl::Status(code, ""))) << code;
  }
  for (const auto code : {absl::StatusCode::kOk, absl::StatusCode::kNotFound, absl::StatusCode::kAlreadyExists,
                          absl::StatusCode::kFailedPrecondition, absl::StatusCode::kOutOfRange}) {
    EXPECT_FALSE(IsTransient(absl::Status(code, ""))) << code;
  }
  const auto is_transient = [](absl::StatusCode code, const char* reason) {
    return IsTransient(MakeError(code, reason, ""));
  };
  // A peer that does not know this service yet, or of another version; a key that another build's request has taken.
  EXPECT_TRUE(is_transient(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_TRUE(is_transient(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED"));
  EXPECT_FALSE(is_transient(absl::StatusCode::kPermissionDenied, "RESELLER_CANNOT_CREATE_CUSTOMER"));
  EXPECT_FALSE(is_transient(absl::StatusCode::kInvalidArgument, "INVALID_FIELD"));
}

}  // namespace
}  // namespace clientele::saga
