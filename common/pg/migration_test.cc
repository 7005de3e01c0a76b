#include "common/pg/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/things_test.h"

namespace clientele::pg {
namespace {

using ::testing::HasSubstr;

const std::vector<Migration>& Steps() {
  static const std::vector<Migration> steps = {
      {"1001_plant", "CREATE TABLE plant (id int); INSERT INTO plant VALUES (1);"},
      {"1002_colour", "ALTER TABLE plant ADD COLUMN colour text NOT NULL DEFAULT 'green';"}};
  return steps;
}

class MigrationTest : public ::testing::Test {
 protected:
  const SessionOptions options_ = testing::Cluster::Shared().NewDatabase("plant", {});
  std::unique_ptr<Connection> session_ = Connected(options_);
};

int64_t Count(const std::vector<Migration>& migrations) { return static_cast<int64_t>(migrations.size()); }

TEST_F(MigrationTest, AppliesTheFoundationAndEveryStepOnce) {
  EXPECT_EQ(ReasonOf(CheckSchema(*session_, Steps())), "SCHEMA_TOO_OLD");
  ASSERT_TRUE(Migrate(*session_, {Steps()[0]}).ok());
  ASSERT_TRUE(Migrate(*session_, Steps()).ok());
  ASSERT_TRUE(Migrate(*session_, Steps()).ok());
  EXPECT_TRUE(CheckSchema(*session_, Steps()).ok());
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM plant WHERE colour = 'green'"), 1);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM feed_epoch"), 1);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM schema_migration"), Count(FoundationMigrations()) + Count(Steps()));
}

TEST_F(MigrationTest, TheFoundationMayBeListedToo) {
  std::vector<Migration> all = FoundationMigrations();
  ASSERT_FALSE(all.empty());
  EXPECT_STREQ(all[0].name, "0001_foundation");
  all.insert(all.end(), Steps().begin(), Steps().end());
  ASSERT_TRUE(Migrate(*session_, all).ok());
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM schema_migration"), Count(FoundationMigrations()) + Count(Steps()));
}

TEST_F(MigrationTest, AnotherTextUnderAnAppliedNameIsRefused) {
  ASSERT_TRUE(Migrate(*session_, Steps()).ok());
  const std::vector<Migration> changed = {{"1001_plant", "CREATE TABLE plant (id bigint);"}, Steps()[1]};
  const absl::Status status = Migrate(*session_, changed);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "SCHEMA_DIFFERS");
  EXPECT_EQ(MetadataOf(status).at("migration"), "1001_plant");
  EXPECT_EQ(ReasonOf(CheckSchema(*session_, changed)), "SCHEMA_DIFFERS");
}

TEST_F(MigrationTest, ANewerSchemaIsRefusedUnlessAllowed) {
  ASSERT_TRUE(Migrate(*session_, Steps()).ok());
  const std::vector<Migration> older = {Steps()[0]};
  EXPECT_EQ(ReasonOf(Migrate(*session_, older)), "SCHEMA_NEWER");
  EXPECT_TRUE(Migrate(*session_, older, /*allow_newer=*/true).ok());
  EXPECT_TRUE(CheckSchema(*session_, older).ok());
}

TEST_F(MigrationTest, AFailedStepLeavesNothingAndTheEarlierOnes) {
  const std::vector<Migration> broken = {Steps()[0],
                                         {"1002_broken", "CREATE TABLE leaf (id int); SELECT no_such_column;"}};
  EXPECT_EQ(Migrate(*session_, broken).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM plant"), 1);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM pg_class WHERE relname = 'leaf'"), 0);
  EXPECT_TRUE(Migrate(*session_, Steps()).ok());
}

TEST_F(MigrationTest, ReplicasAtOnceApplyEachStepOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::vector<absl::Status> answers(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { answers[i] = Migrate(*Connected(options_), Steps()); });
  }
  EXPECT_TRUE(WaitForSchema(*session_, Steps(), absl::Now() + absl::Seconds(30)).ok());
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& answer : answers) EXPECT_TRUE(answer.ok()) << answer;
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM plant"), 1);
}

TEST_F(MigrationTest, WaitingEndsAtTheDeadline) {
  EXPECT_EQ(ReasonOf(WaitForSchema(*session_, Steps(), absl::Now() + absl::Milliseconds(150))), "SCHEMA_TOO_OLD");
}

TEST_F(MigrationTest, TheSessionKeepsItsCeilings) {
  ASSERT_TRUE(Migrate(*session_, Steps()).ok());
  EXPECT_EQ(session_->ReadDynamic("SELECT current_setting('statement_timeout')", {})->Text(0, 0), "5s");
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"),
            0);
}

TEST_F(MigrationTest, AMissingSchemaIsNamed) {
  SessionOptions elsewhere = options_;
  elsewhere.schema = "desert";
  const absl::Status status = Migrate(*Connected(elsewhere), Steps());
  EXPECT_EQ(ReasonOf(status), "SCHEMA_MISSING");
  EXPECT_THAT(std::string(status.message()), HasSubstr("desert"));
}

TEST_F(MigrationTest, ANewEpochIsAnother) {
  const auto epoch = [&] { return std::string(session_->ReadDynamic("SELECT epoch FROM feed_epoch", {})->Text(0, 0)); };
  const std::string before = epoch();
  ASSERT_TRUE(NewEpoch(*session_).ok());
  EXPECT_NE(epoch(), before);
}

}  // namespace
}  // namespace clientele::pg
