#include "common/pg/point_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/core/error.h"
#include "common/pg/things_test.h"

namespace clientele::pg {
namespace {

using Numbers = PointReads<int64_t, std::string>;

const Statement kDouble{"double_numbers",
                        "SELECT (n * 2)::text FROM unnest($1::bigint[]) WITH ORDINALITY AS k(n, place) ORDER BY place"};

class PointReadsTest : public ThingsTest {
 protected:
  static ExecutorOptions Options(int workers, int queue_limit = 10000) {
    ExecutorOptions options;
    options.session = ThingsTest::options();
    options.read.workers = workers;
    options.read.queue_limit = queue_limit;
    return options;
  }
  Numbers::Fetch Doubling() {
    return [this](Session& session, const std::vector<int64_t>& keys) -> absl::StatusOr<std::vector<std::string>> {
      ++statements_;
      if (keys.size() > largest_) largest_ = keys.size();
      const absl::StatusOr<Rows> rows = session.Read(kDouble, Params().IntArray(keys));
      if (!rows.ok()) return rows.status();
      std::vector<std::string> values;
      values.reserve(keys.size());
      for (int row = 0; row < rows->size(); ++row) values.emplace_back(rows->Text(row, 0));
      return values;
    };
  }
  // Keeps the lane's only worker busy until the answer is notified.
  static std::unique_ptr<absl::Notification> Block(Executor& executor) {
    auto release = std::make_unique<absl::Notification>();
    absl::Notification running;
    Job job;
    job.run = [&, held = release.get()](const absl::StatusOr<Session*>&) {
      running.Notify();
      held->WaitForNotification();
    };
    EXPECT_TRUE(executor.Submit(Lane::kRead, job).ok());
    running.WaitForNotification();
    return release;
  }

  std::atomic<int> statements_{0};
  std::atomic<size_t> largest_{0};
};

TEST_F(PointReadsTest, OneStatementForWhatWaitsAndEachItsOwnAnswer) {
  Executor executor(Options(1));
  Numbers numbers(executor, Doubling());
  const auto release = Block(executor);
  absl::BlockingCounter open(200);
  for (int64_t key = 0; key < 200; ++key) {
    ASSERT_TRUE(numbers
                    .Read(key, {},
                          [&, key](const absl::StatusOr<std::string>& value) {
                            ASSERT_TRUE(value.ok()) << value.status();
                            EXPECT_EQ(*value, absl::StrCat(key * 2));
                            open.DecrementCount();
                          })
                    .ok());
  }
  release->Notify();
  open.Wait();
  executor.Stop();            // whose jobs may still hold the reads
  EXPECT_EQ(statements_, 4);  // 64 + 64 + 64 + 8
  EXPECT_EQ(largest_, kMaxBatch);
}

TEST_F(PointReadsTest, ManyThreadsGetTheirOwnAnswers) {
  Executor executor(Options(3));
  Numbers numbers(executor, Doubling());
  absl::BlockingCounter open(8 * 500);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int64_t thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int64_t i = 0; i < 500; ++i) {
        const int64_t key = thread * 1000 + i;
        EXPECT_TRUE(numbers
                        .Read(key, {},
                              [&, key](const absl::StatusOr<std::string>& value) {
                                EXPECT_TRUE(value.ok() && *value == absl::StrCat(key * 2));
                                open.DecrementCount();
                              })
                        .ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  open.Wait();
  executor.Stop();  // whose jobs may still hold the reads
  EXPECT_LT(statements_, 4000);
}

TEST_F(PointReadsTest, AnIdleSystemReadsOne) {
  Executor executor(Options(1));
  Numbers numbers(executor, Doubling());
  for (int i = 0; i < 3; ++i) {
    absl::Notification done;
    ASSERT_TRUE(numbers.Read(i, {}, [&](const absl::StatusOr<std::string>&) { done.Notify(); }).ok());
    done.WaitForNotification();
  }
  executor.Stop();
  EXPECT_EQ(statements_, 3);
}

TEST_F(PointReadsTest, ExpiredAndAbandonedKeysCostNothing) {
  Executor executor(Options(1));
  Numbers numbers(executor, Doubling());
  const auto release = Block(executor);
  absl::BlockingCounter open(2);
  Job expired;
  expired.deadline = absl::Now();
  ASSERT_TRUE(numbers
                  .Read(1, expired,
                        [&](const absl::StatusOr<std::string>& value) {
                          EXPECT_EQ(value.status().code(), absl::StatusCode::kDeadlineExceeded);
                          open.DecrementCount();
                        })
                  .ok());
  Job abandoned;
  abandoned.abandoned = std::make_shared<std::atomic<bool>>(true);
  ASSERT_TRUE(numbers
                  .Read(2, abandoned,
                        [&](const absl::StatusOr<std::string>& value) {
                          EXPECT_EQ(value.status().code(), absl::StatusCode::kCancelled);
                          open.DecrementCount();
                        })
                  .ok());
  release->Notify();
  open.Wait();
  executor.Stop();  // whose jobs may still hold the reads
  EXPECT_EQ(statements_, 0);
}

TEST_F(PointReadsTest, AFailedStatementIsToldToEachWithoutItsText) {
  Executor executor(Options(1));
  Numbers numbers(executor,
                  [](Session& session, const std::vector<int64_t>&) -> absl::StatusOr<std::vector<std::string>> {
                    return session.ReadDynamic("SELECT no_such_column", {}).status();
                  });
  absl::BlockingCounter open(2);
  for (int key = 0; key < 2; ++key) {
    ASSERT_TRUE(numbers
                    .Read(key, {},
                          [&](const absl::StatusOr<std::string>& value) {
                            EXPECT_EQ(value.status().code(), absl::StatusCode::kInternal);
                            EXPECT_EQ(FailureOf(value.status()), Failure::kNone);
                            open.DecrementCount();
                          })
                    .ok());
  }
  open.Wait();
  executor.Stop();  // whose jobs may still hold the reads
}

TEST_F(PointReadsTest, AFullLaneRefusesAndTheRestIsServed) {
  Executor executor(Options(1, 5));
  Numbers numbers(executor, Doubling());
  const auto release = Block(executor);
  absl::BlockingCounter open(5);
  std::atomic<int> refused_ran{0};
  for (int key = 0; key < 5; ++key) {
    ASSERT_TRUE(numbers
                    .Read(key, {},
                          [&](const absl::StatusOr<std::string>& value) {
                            EXPECT_TRUE(value.ok());
                            open.DecrementCount();
                          })
                    .ok());
  }
  EXPECT_EQ(ReasonOf(numbers.Read(5, {}, [&](const absl::StatusOr<std::string>&) { ++refused_ran; })), "OVERLOADED");
  release->Notify();
  open.Wait();
  executor.Stop();  // whose jobs may still hold the reads
  EXPECT_EQ(refused_ran, 0);
}

TEST_F(PointReadsTest, StopAnswersEveryKeyOnce) {
  std::atomic<int> answered{0};
  int accepted = 0;
  {
    Executor executor(Options(1));
    Numbers numbers(executor, Doubling());
    const auto release = Block(executor);
    for (int key = 0; key < 300; ++key) {
      if (numbers.Read(key, {}, [&](const absl::StatusOr<std::string>&) { ++answered; }).ok()) ++accepted;
    }
    std::thread stop([&] { executor.Stop(); });
    release->Notify();
    stop.join();
  }
  EXPECT_EQ(answered, accepted);
}

TEST_F(PointReadsTest, RowsComeToThePlacesOfTheirKeys) {
  static const Statement kWords{"place_words",
                                "SELECT k.n, k.word || '!' FROM unnest($1::text[]) WITH ORDINALITY AS k(word, n) "
                                "WHERE k.word <> 'none' ORDER BY k.n DESC"};
  const auto connection = Connected(options());
  const auto read = [](RowReader& row) { return row.Text(); };
  const auto words =
      FetchByPlace<std::string>(*connection, kWords, Params().TextArray({"a", "none", "b", "a", "none"}), 5, read);
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_THAT(*words, ::testing::ElementsAre("a!", std::nullopt, "b!", "a!", std::nullopt));
}

}  // namespace
}  // namespace clientele::pg
