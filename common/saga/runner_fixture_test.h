#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"
#include "common/saga/saga.h"
#include "common/testing/database.h"
#include "common/testing/fake_clock.h"

// Sagas of three steps (database, remote, database), each with an effect that request_id makes once.
namespace clientele::saga {

inline const pg::Statement kEffect{"test_effect",
                                   "INSERT INTO effect (request_id, saga, method, state) VALUES ($1::uuid, $2::uuid, "
                                   "$3, $4) ON CONFLICT DO NOTHING"};
// Every time that a step runs, whether or not its effect was there.
inline const pg::Statement kVisit{"test_visit", "INSERT INTO visit (saga, method) VALUES ($1::uuid, $2)"};

inline ::testing::AssertionResult Eventually(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (absl::Now() < limit) {
    if (condition()) return ::testing::AssertionSuccess();
    absl::SleepFor(absl::Milliseconds(2));
  }
  return ::testing::AssertionFailure() << "it did not come about within 20 s";
}

class RunnerTest : public ::testing::Test {
 protected:
  // One replica: its own executor, its own runner.
  struct Replica {
    Replica(const pg::SessionOptions& options, RunnerOptions runner_options, const Clock& clock,
            std::vector<Definition> definitions)
        : executor(pg::ExecutorOptions{options, {1}, {2}, {1}}),
          runner(std::move(runner_options), clock, executor, std::move(definitions)) {}
    ~Replica() { runner.Stop(); }
    pg::Executor executor;
    Runner runner;
  };

  void SetUp() override {
    ASSERT_TRUE(session_->Connect().ok());
    ASSERT_TRUE(session_
                    ->Execute("CREATE TABLE effect (request_id uuid PRIMARY KEY, saga uuid, method text, state text);"
                              "CREATE TABLE visit (saga uuid, method text)")
                    .ok());
  }

  static RunnerOptions Options(const std::string& owner) {
    RunnerOptions options;
    options.owner = owner;
    options.poll = absl::Milliseconds(20);
    return options;
  }

  static StepResult Perform(pg::Session& session, saga::Run& run) {
    const auto visited = session.Write(kVisit, pg::Params().Text(run.id).Text(run.call.method));
    const auto done = session.Write(
        kEffect, pg::Params().Text(run.call.request_id).Text(run.id).Text(run.call.method).Text(run.state));
    if (!visited.ok()) return StepResult::Retry(visited.status());
    if (!done.ok()) return StepResult::Retry(done.status());
    run.state += ">";
    return StepResult::Next();
  }

  // A peer: performs on an executor of its own and answers on its thread.
  void Remote(std::shared_ptr<saga::Run> run, const StepDone& done) {
    pg::Job job;
    job.run = [run, done](absl::StatusOr<pg::Session*> session) {
      if (!session.ok()) return done(StepResult::Retry(session.status()));
      StepResult result = Perform(**session, *run);
      run->call.consistency["peer"] = FeedPosition{"0f8fad5b-d9cb-469f-a165-70867728950e", 7, 3};
      done(std::move(result));
    };
    if (!peer_.Submit(pg::Lane::kWrite, std::move(job)).ok()) done(StepResult::Retry(absl::UnavailableError("full")));
  }

  Definition Three(const std::string& kind = "test.three") {
    return {kind,
            {{"one", Perform, nullptr},
             {"two", nullptr,
              [this](std::shared_ptr<saga::Run> run, const StepDone& done) { Remote(std::move(run), done); }},
             {"three", Perform, nullptr}}};
  }

  // Runs what it is told to begin, and takes over nothing: so it does not get back a lease that a test takes from it.
  std::unique_ptr<Replica> Make(const std::string& owner, std::vector<Definition> definitions) {
    return std::make_unique<Replica>(options_, Options(owner), clock_, std::move(definitions));
  }

  std::unique_ptr<Replica> Start(const std::string& owner, std::vector<Definition> definitions) {
    auto replica = Make(owner, std::move(definitions));
    replica->runner.Start();
    return replica;
  }

  // As a command writes it with the change that triggers the saga; an empty owner leaves it to whoever finds it.
  std::string NewSaga(const std::string& owner, const std::string& kind = "test.three") {
    std::string id = Uuid::NewV7(clock_.Now()).ToString();
    const absl::Status written = session_->Execute(absl::StrCat(
        "INSERT INTO saga (id, kind, subject, state, owner, lease_until, next_attempt, principal, on_behalf_of, "
        "trace_id, create_time) VALUES ('",
        id, "', '", kind, "', 'subjects/", id, "', '>', '", owner, "', clock_timestamp() + interval '",
        owner.empty() ? 0 : 15, " s', clock_timestamp(), 'user:anna', 'user:max', '0af7651916cd43dd8448eb211c80319c', ",
        "'2026-01-01')"));
    EXPECT_TRUE(written.ok()) << written;
    return id;
  }

  // The owner is gone, and its lease with it; no clock is waited for.
  void ExpireLeases() {
    ASSERT_TRUE(session_->Execute("UPDATE saga SET lease_until = clock_timestamp() - interval '1 ms'").ok());
  }

  int64_t Count(const std::string& from) {
    const auto rows = session_->ReadDynamic("SELECT count(*) FROM " + from, {});
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, 0) : -1;
  }

  static Outcome Join(Runner& runner, const std::string& id, absl::Duration limit = absl::Seconds(15)) {
    auto ended = std::make_shared<std::promise<Outcome>>();
    runner.Join(id, absl::Now() + limit, [ended](Outcome outcome) { ended->set_value(std::move(outcome)); });
    return ended->get_future().get();
  }

  // Where every saga of Three ends, whatever happened on the way.
  void ExpectWhole(const std::string& id) {
    const auto rows = session_->ReadDynamic(
        "SELECT done, outcome, state IS NULL, consistency, done_time FROM saga WHERE id = $1::uuid",
        pg::Params().Text(id));
    ASSERT_TRUE(rows.ok() && rows->size() == 1);
    EXPECT_TRUE(rows->Bool(0, 0));
    EXPECT_TRUE(ParseStatus(rows->Bytes(0, 1)).ok());
    EXPECT_TRUE(rows->Bool(0, 2));
    EXPECT_EQ(rows->Text(0, 3), "peer=0f8fad5b-d9cb-469f-a165-70867728950e:7:3");
    EXPECT_EQ(rows->Time(0, 4), clock_.Now());
    const auto effects = session_->ReadDynamic("SELECT method, state FROM effect WHERE saga = $1::uuid ORDER BY method",
                                               pg::Params().Text(id));
    ASSERT_TRUE(effects.ok());
    ASSERT_EQ(effects->size(), 3);
    EXPECT_EQ(effects->Text(0, 0), "saga/test.three/one");
    EXPECT_EQ(effects->Text(0, 1), ">");
    EXPECT_EQ(effects->Text(1, 0), "saga/test.three/three");
    EXPECT_EQ(effects->Text(1, 1), ">>>");
    EXPECT_EQ(effects->Text(2, 1), ">>");
  }

  const pg::SessionOptions options_ = testing::Cluster::Shared().NewDatabase("invitation", {});
  const std::unique_ptr<pg::Connection> session_ = std::make_unique<pg::Connection>(options_);
  testing::FakeClock clock_;
  pg::Executor peer_{pg::ExecutorOptions{options_, {1}, {2}, {1}}};
};

}  // namespace clientele::saga
