#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/events/feed_fixture_test.h"

namespace clientele::events {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

NewEvent Aged(absl::Duration age) {
  NewEvent event;
  event.time = kNow - age;
  return event;
}

TEST_F(FeedTest, PurgeTakesOldEventsAndMovesTheFloor) {
  Insert(*session_, Aged(absl::Hours(24 * 8)));
  Insert(*session_, Aged(absl::Hours(24 * 8)));
  Insert(*session_, Aged(absl::Hours(24 * 6)));
  Insert(*session_, Aged(absl::Hours(24 * 8)));  // stands behind one that is kept
  FeedPosition position;
  const std::vector<StoredEvent> events = Await(position, 4);

  const absl::StatusOr<int> gone = Purge(*session_, kNow);
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(*gone, 2);
  EXPECT_EQ(ReasonOf(ReadFeed(*session_, events[0].position, 10).status()), "POSITION_EXPIRED");
  FeedPosition after = events[1].position;
  EXPECT_EQ(Drain(after).size(), 2U);
  EXPECT_EQ(*Purge(*session_, kNow), 0);
  EXPECT_EQ(*Purge(*session_, kNow + absl::Hours(48)), 2);
  EXPECT_TRUE(ReadFeed(*session_, events[3].position, 10).ok());
}

TEST_F(FeedTest, PurgeGoesOnInSteps) {
  ASSERT_TRUE(session_
                  ->Execute("INSERT INTO outbox (id, type, subject, partner, generation, revision, after, "
                            "changed_fields, request_id, trace_id, actor, create_time) "
                            "SELECT gen_random_uuid(), 't', 's', 'p', 1, n, '', '{}', '', '', '', '2020-01-01' "
                            "FROM generate_series(1, 2500) AS n")
                  .ok());
  int total = 0;
  ASSERT_TRUE(Eventually([&] {
    const absl::StatusOr<int> gone = Purge(*session_, kNow);
    EXPECT_TRUE(gone.ok()) << gone.status();
    total += gone.value_or(0);
    return total >= 2500;
  }));
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM outbox"), 0);
}

TEST_F(FeedTest, PurgeTakesOldRequestsAndFinishedSagas) {
  const std::string day = "interval '1 day'";
  const auto at = [](const std::string& age) { return absl::StrCat("'2026-01-01'::timestamptz - ", age); };
  ASSERT_TRUE(session_
                  ->Execute(absl::StrCat(
                      "INSERT INTO idempotency (principal, method, request_id, request_hash, resource, revision, "
                      "create_time) VALUES ('a', 'm', gen_random_uuid(), '', 'r', 1, ",
                      at("interval '25 hours'"), "), ('a', 'm', gen_random_uuid(), '', 'r', 1, ",
                      at("interval '23 hours'"), ")"))
                  .ok());
  const auto saga = [&](const std::string& subject, bool done, const std::string& age) {
    return absl::StrCat(
        "INSERT INTO saga (id, kind, subject, done, owner, lease_until, next_attempt, principal, on_behalf_of, "
        "trace_id, create_time, done_time) VALUES (gen_random_uuid(), 'k', '",
        subject, "', ", done ? "true" : "false", ", '', now(), now(), 'a', '', '', ", at(age), ", ",
        done ? at(age) : "NULL", ");");
  };
  ASSERT_TRUE(session_
                  ->Execute(absl::StrCat(saga("old", true, "8 * " + day), saga("young", true, "6 * " + day),
                                         saga("running", false, "9 * " + day)))
                  .ok());
  const absl::StatusOr<int> gone = Purge(*session_, kNow);
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(*gone, 2);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM idempotency"), 1);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM saga WHERE subject = 'old'"), 0);
}

}  // namespace
}  // namespace clientele::events
