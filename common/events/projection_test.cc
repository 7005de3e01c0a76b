#include "common/events/projection.h"

#include <gtest/gtest.h>

#include "common/events/projection_fixture_test.h"

namespace clientele::events {
namespace {

TEST_F(ProjectionTest, CopiesWhatWasThereAndWhatComes) {
  for (int i = 0; i < 25; ++i) Insert(*session_, {"t", absl::StrCat("s", i), "p", 1});
  const auto projection = Started(Apply(), 10);
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  EXPECT_EQ(Copies(), 25);
  Insert(*session_, {"t", "s0", "p", 2});
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  EXPECT_EQ(Number(*copy_session_, "SELECT revision FROM copy WHERE subject = 's0'"), 2);
  EXPECT_FALSE(Cursor() < Last());
}

// The projection's own fetch is a long poll that began before the write; who waits does not wait for it.
TEST_F(ProjectionTest, WaitingFetchesAtOnce) {
  const auto projection = Started(Apply());
  Insert(*session_);
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  for (int i = 0; i < 10; ++i) {
    const int before = fetches_;
    ASSERT_TRUE(Eventually([&] { return fetches_ > before || fetches_ > 1; }));
    Insert(*session_, {"t", absl::StrCat("s", i), "p", 1});
    ASSERT_TRUE(Wait(*projection, Last()).ok());
  }
  EXPECT_EQ(Copies(), 11);
}

// What is filtered out moves the feed on as well: whoever has seen it waits for no long poll to end.
TEST_F(ProjectionTest, WaitingForWhatIsFilteredOutFetchesAtOnce) {
  prefixes_ = {"kept."};
  const auto projection = Started(Apply());
  Insert(*session_, {"kept.a", "s", "p", 1});
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  const absl::Time begun = absl::Now();
  for (int i = 0; i < 10; ++i) {
    Insert(*session_, {"dropped.a", absl::StrCat("s", i), "p", 1});
    ASSERT_TRUE(Wait(*projection, Last()).ok());
  }
  // Ten long polls would take ten seconds.
  EXPECT_LT(absl::Now() - begun, absl::Seconds(5));
  EXPECT_EQ(Copies(), 1);
}

TEST_F(ProjectionTest, WaitForWhatIsThereAnswersAtOnce) {
  Insert(*session_);
  const auto projection = Started(Apply());
  ASSERT_TRUE(Wait(*projection, Last()).ok());
  bool answered = false;
  projection->WaitFor(Last(), absl::Now(), [&](absl::Status status) { answered = status.ok(); });
  EXPECT_TRUE(answered);
  projection->WaitFor({}, absl::Now(), [&](absl::Status status) { answered = status.ok(); });
  EXPECT_TRUE(answered);
}

TEST_F(ProjectionTest, WaitEndsAtTheDeadline) {
  Insert(*session_);
  const auto projection = Started(Apply());
  FeedPosition never = Last();
  never.txid += 1000000;
  const absl::Status status = Wait(*projection, never, absl::Milliseconds(50));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "CONSISTENCY_NOT_REACHED");
  EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
}

// The positions of two epochs cannot be compared: what was asked for is gone, and the feed's end is all there is.
TEST_F(ProjectionTest, WaitForALostHistoryEndsAtTheFeedsEnd) {
  Insert(*session_);
  const FeedPosition lost{"0f8fad5b-d9cb-469f-a165-70867728950e", 1, 1};
  const auto projection = Started(Apply());
  EXPECT_TRUE(Wait(*projection, lost).ok());
}

TEST_F(ProjectionTest, TwoReplicasApplyEachEventOnce) {
  pg::Executor other(pg::ExecutorOptions{copy_options_, {1}, {1}, {2}});
  const auto one = Started(Apply(), 3);
  Projection two({"customer", 5}, other, Fetch(), Apply());
  two.Start();
  constexpr int kEvents = 120;
  for (int i = 0; i < kEvents; ++i) Insert(*session_, {"t", absl::StrCat("s", i % 7), "p", i + 1});
  const FeedPosition last = Last();
  EXPECT_TRUE(Wait(*one, last).ok());
  EXPECT_TRUE(Wait(two, last).ok());
  EXPECT_EQ(Number(*copy_session_, "SELECT count(*) FROM applied"), kEvents);
  EXPECT_EQ(Number(*copy_session_, "SELECT max(revision) FROM copy"), kEvents);
  two.Stop();
}

TEST_F(ProjectionTest, GoesOnWhereItStoodAfterARestart) {
  Insert(*session_, {"t", "s1", "p", 1});
  {
    const auto first = Started(Apply());
    ASSERT_TRUE(Wait(*first, Last()).ok());
  }
  Insert(*session_, {"t", "s2", "p", 1});
  const auto second = Started(Apply());  // would fail on what is applied again
  ASSERT_TRUE(Wait(*second, Last()).ok());
  EXPECT_EQ(Number(*copy_session_, "SELECT count(*) FROM applied"), 2);
}

// Two of another service's replicas, one behind: it takes the cursor that the other one left.
TEST_F(ProjectionTest, StaleFetchAdoptsTheRow) {
  Insert(*session_, {"t", "s1", "p", 1});
  FeedPosition position;
  Await(position, 1);
  std::function<void(absl::StatusOr<event::v1::ListEventsResponse>)> first;
  std::promise<void> asked;
  Projection slow(
      {"customer", 10}, executor_,
      [&, fetch = Fetch()](const std::string& from, int size, bool wait, auto done) {
        if (first) return fetch(from, size, wait, std::move(done));
        first = std::move(done);
        asked.set_value();
      },
      Apply());
  slow.Start();
  asked.get_future().wait();
  const auto quick = Started(Apply());
  ASSERT_TRUE(Wait(*quick, Last()).ok());
  event::v1::ListEventsResponse late;
  late.set_position(FormatPosition(position));
  auto* event = late.add_events();
  event->set_id(Uuid::NewV4().ToString());
  event->set_subject("s1");
  event->set_revision(1);
  first(late);
  ASSERT_TRUE(Wait(slow, Last()).ok());
  EXPECT_EQ(Number(*copy_session_, "SELECT count(*) FROM applied"), 1);
  slow.Stop();
}

}  // namespace
}  // namespace clientele::events
