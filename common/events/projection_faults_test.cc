#include <gtest/gtest.h>

#include <thread>

#include "common/events/projection_fixture_test.h"
#include "common/obs/metrics.h"
#include "common/pg/migration.h"

namespace clientele::events {
namespace {

double Metric(const std::string& sample) {
  const std::string text = obs::MetricsText();
  const size_t at = text.find("\n" + sample + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + sample.size() + 2));
}

TEST_F(ProjectionTest, PoisonedEventHoldsUpOnlyWhatFollows) {
  const std::string failures = "clientele_projection_failures_total{source=\"customer\",stage=\"apply\"}";
  const double before = std::max(0.0, Metric(failures));
  Insert(*session_, {"t", "s1", "p", 1});
  Insert(*session_, {"t", "s2", "p", 1});
  const FeedPosition healthy = Last();
  Insert(*session_, {"t", "poison", "p", 1});
  Insert(*session_, {"t", "s3", "p", 1});
  const auto projection = Started(Apply());
  ASSERT_TRUE(Wait(*projection, healthy).ok());
  ASSERT_TRUE(Eventually([&] { return Metric(failures) >= before + 3; }));  // it is tried again and again
  EXPECT_EQ(Copies(), 2);
  EXPECT_TRUE(Cursor() < Last());
  poisoned_ = false;
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  EXPECT_EQ(Copies(), 4);
}

TEST_F(ProjectionTest, ExpiredPositionBeginsAgainFromTheOldest) {
  Insert(*session_, {"t", "s1", "p", 1});
  const FeedPosition old = Last();
  {
    const auto projection = Started(ApplyAgain());
    ASSERT_TRUE(Wait(*projection, old).ok());
  }
  // The copy slept while its events were purged. What is kept is applied again.
  Insert(*session_, {"t", "s2", "p", 1});
  ASSERT_TRUE(session_
                  ->Execute("UPDATE feed_floor SET (xid, seq) = (SELECT xid, seq FROM outbox ORDER BY xid DESC "
                            "LIMIT 1)")
                  .ok());
  ASSERT_TRUE(copy_session_->Execute("DELETE FROM copy").ok());
  Insert(*session_, {"t", "s3", "p", 1});
  ASSERT_TRUE(
      copy_session_->Execute(absl::StrCat("UPDATE projection_cursor SET xid = '", old.txid, "', seq = ", old.sequence))
          .ok());
  const auto projection = Started(ApplyAgain());
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  EXPECT_EQ(Copies(), 3);
}

TEST_F(ProjectionTest, NewEpochBeginsAgainFromTheOldest) {
  Insert(*session_, {"t", "s1", "p", 1});
  const auto projection = Started(ApplyAgain());
  const FeedPosition before = Last();
  ASSERT_TRUE(Wait(*projection, before).ok());
  ASSERT_TRUE(pg::NewEpoch(*session_).ok());
  Insert(*session_, {"t", "s2", "p", 1});
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  EXPECT_NE(Cursor().epoch, before.epoch);
  EXPECT_EQ(Copies(), 2);
}

TEST_F(ProjectionTest, SourceThatIsAwayIsAskedAgain) {
  Insert(*session_, {"t", "s1", "p", 1});
  std::atomic<int> failures{4};
  Projection projection(
      {"customer", 10}, executor_,
      [&, fetch = Fetch()](const std::string& from, int size, bool wait, auto done) {
        if (failures-- > 0) return done(absl::UnavailableError("away"));
        fetch(from, size, wait, std::move(done));
      },
      Apply());
  projection.Start();
  EXPECT_TRUE(Wait(projection, Last()).ok());
  projection.Stop();
}

TEST_F(ProjectionTest, BrokenConnectionsOnlyDelay) {
  const auto projection = Started(Apply());
  for (int round = 0; round < 3; ++round) {
    Insert(*session_, {"t", absl::StrCat("s", round), "p", 1});
    copy_session_
        ->Execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "
            "<> pg_backend_pid()")
        .IgnoreError();
    ASSERT_TRUE(Wait(*projection, Last()).ok());
  }
  EXPECT_EQ(Number(*copy_session_, "SELECT count(*) FROM applied"), 3);
}

TEST_F(ProjectionTest, StopIsCleanWhileTheSourceIsSilent) {
  std::function<void(absl::StatusOr<event::v1::ListEventsResponse>)> late;
  std::promise<void> asked;
  const auto alive = std::make_shared<int>(0);
  Projection projection(
      {"customer", 10}, executor_,
      [&, alive](const std::string&, int, bool, auto done) {
        if (late) return;
        late = std::move(done);
        asked.set_value();
      },
      Apply());
  projection.Start();
  asked.get_future().wait();
  std::promise<absl::Status> told;
  projection.WaitFor({"0f8fad5b-d9cb-469f-a165-70867728950e", 1, 1}, absl::InfiniteFuture(),
                     [&](absl::Status status) { told.set_value(status); });
  projection.Stop();
  EXPECT_EQ(ReasonOf(told.get_future().get()), "CONSISTENCY_NOT_REACHED");
  EXPECT_EQ(alive.use_count(), 1);  // what the fetch held is gone, although an answer is still to come
  Insert(*session_);
  event::v1::ListEventsResponse page;
  page.set_position(FormatPosition(Last()));
  page.add_events()->set_subject("late");
  late(page);
  EXPECT_EQ(Copies(), 0);
  absl::Status refused;
  projection.WaitFor(Last(), absl::InfiniteFuture(), [&](absl::Status status) { refused = status; });
  EXPECT_EQ(ReasonOf(refused), "CONSISTENCY_NOT_REACHED");
}

}  // namespace
}  // namespace clientele::events
