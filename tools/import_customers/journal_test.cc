#include "tools/import_customers/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/core/id.h"
#include "tools/import_customers/files.h"

namespace clientele::import_customers {
namespace {

using Result = RowOutcome::Result;

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() : path_(::testing::TempDir() + "journal_" + std::to_string(::getpid())) { ::unlink(path_.c_str()); }
  ~JournalTest() override { ::unlink(path_.c_str()); }

  const std::string path_;
};

TEST_F(JournalTest, RemembersAnsweredBatches) {
  {
    auto journal = Journal::Open(path_, "key");
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_TRUE(journal->batches().empty());
    ASSERT_TRUE(
        journal->Record(0, {{Result::kCreated, "", ""}, {Result::kRefused, "WHY", "a \"quoted\"\nword \xff"}}).ok());
    ASSERT_TRUE(journal->Record(1, {{Result::kAlreadyPresent, "", ""}}).ok());
  }
  const auto journal = Journal::Open(path_, "key");
  ASSERT_TRUE(journal.ok()) << journal.status();
  ASSERT_EQ(journal->batches().size(), 2u);
  EXPECT_EQ(journal->batches().at(0)[0].result, Result::kCreated);
  EXPECT_EQ(journal->batches().at(0)[1].reason, "WHY");
  EXPECT_EQ(journal->batches().at(0)[1].detail, "a \"quoted\"\nword \uFFFD");
  EXPECT_EQ(journal->batches().at(1)[0].result, Result::kAlreadyPresent);
}

TEST_F(JournalTest, ALineThatAKillCutOffCountsAsNotWritten) {
  {
    auto journal = Journal::Open(path_, "key");
    ASSERT_TRUE(journal->Record(0, {{Result::kCreated, "", ""}}).ok());
    ASSERT_TRUE(journal->Record(1, {{Result::kCreated, "", ""}}).ok());
  }
  const std::string whole = *ReadTextFile(path_);
  const size_t first = whole.find("{\"batch\":0");
  const size_t second = whole.find("{\"batch\":1");
  ASSERT_NE(second, std::string::npos);
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    ASSERT_TRUE(WriteTextFile(path_, whole.substr(0, cut)).ok());
    {
      auto journal = Journal::Open(path_, "key");
      ASSERT_TRUE(journal.ok()) << cut << " " << journal.status();
      const size_t expected = cut < second ? 0 : 1;
      EXPECT_EQ(journal->batches().size(), expected) << cut;
      ASSERT_TRUE(journal->Record(5, {{Result::kCreated, "", ""}}).ok());
    }
    const auto again = Journal::Open(path_, "key");
    ASSERT_TRUE(again.ok()) << cut << " " << again.status();
    EXPECT_EQ(again->batches().count(5), 1u) << cut;
  }
  EXPECT_GT(first, 0u);
}

TEST_F(JournalTest, BelongsToOneImport) {
  ASSERT_TRUE(Journal::Open(path_, "key")->Record(0, {{Result::kCreated, "", ""}}).ok());
  EXPECT_EQ(Journal::Open(path_, "another").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Journal::Open(path_, "key")->batches().size(), 1u);
}

TEST_F(JournalTest, AnAttemptLastsUntilTheImportIsWhole) {
  std::string attempt;
  {
    auto journal = Journal::Open(path_, "key");
    attempt = journal->attempt();
    EXPECT_TRUE(Uuid::Parse(attempt).has_value());
    ASSERT_TRUE(journal->Record(0, {{Result::kCreated, "", ""}}).ok());
  }
  auto resumed = Journal::Open(path_, "key");
  EXPECT_EQ(resumed->attempt(), attempt);
  resumed->Remove();
  EXPECT_NE(Journal::Open(path_, "key")->attempt(), attempt);
}

TEST_F(JournalTest, WithoutAnAnswerBlocksNoOtherImport) {
  std::string attempt;
  {
    const auto refused = Journal::Open(path_, "key");
    attempt = refused->attempt();
  }
  {
    auto corrected = Journal::Open(path_, "another");
    ASSERT_TRUE(corrected.ok()) << corrected.status();
    EXPECT_NE(corrected->attempt(), attempt);
    ASSERT_TRUE(corrected->Record(0, {{Result::kCreated, "", ""}}).ok());
  }
  EXPECT_EQ(Journal::Open(path_, "another")->batches().size(), 1u);
}

TEST_F(JournalTest, LeavesWhatIsNoJournalAsItIs) {
  for (const char* text : {"something else\n", "something else", "tenant_id,company_name\r1,A\r", "{\"attempt\":5}\n",
                           "{\"import\":\"key\"}\n", "[]\n", "{\"attempt\":\"x\",\"import\":7}\n"}) {
    ASSERT_TRUE(WriteTextFile(path_, text).ok());
    EXPECT_EQ(Journal::Open(path_, "key").status().code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_EQ(*ReadTextFile(path_), text);
  }
}

TEST_F(JournalTest, IsHeldByOneProcess) {
  const auto held = Journal::Open(path_, "key");
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(Journal::Open(path_, "key").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(JournalTest, IsRemovedWhenTheImportIsWhole) {
  auto journal = Journal::Open(path_, "key");
  journal->Remove();
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
}

TEST_F(JournalTest, AFolderThatIsNotThereIsAnError) { EXPECT_FALSE(Journal::Open("/nonexistent/journal", "key").ok()); }

}  // namespace
}  // namespace clientele::import_customers
