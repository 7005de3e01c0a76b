#include "common/events/retention.h"

#include "common/events/feed_fixture_test.h"
#include "common/testing/fake_clock.h"

namespace clientele::events {
namespace {

TEST_F(FeedTest, RetentionPurgesAsTimePassesAndStops) {
  testing::FakeClock clock;
  NewEvent event;
  event.time = clock.Now();
  Insert(*session_, event);
  pg::ExecutorOptions options;
  options.session = session_->options();
  pg::Executor executor(options);
  Retention retention(clock, executor, absl::Milliseconds(1));
  const auto events = [&] { return Number(*session_, "SELECT count(*) FROM outbox"); };

  retention.Start();
  clock.Advance(absl::Hours(6 * 24));
  ASSERT_EQ(events(), 1);
  clock.Advance(absl::Hours(2 * 24));
  ASSERT_TRUE(Eventually([&] { return events() == 0; }));

  retention.Stop();
  Insert(*session_, event);
  EXPECT_EQ(events(), 1);
  executor.Stop();
}

}  // namespace
}  // namespace clientele::events
