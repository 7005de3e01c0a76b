#include "common/events/feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/events/feed_fixture_test.h"
#include "common/obs/metrics.h"
#include "common/pg/migration.h"

namespace clientele::events {
namespace {

TEST_F(FeedTest, ReadsInOrderPageByPage) {
  for (int i = 1; i <= 5; ++i) Insert(*session_, {"customer.updated", "partners/a/customers/1", "partners/a", i});
  FeedPosition position;
  const std::vector<StoredEvent> events = Await(position, 5, 2);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(events[i].revision, i + 1);
    EXPECT_EQ(events[i].position.epoch, position.epoch);
  }
  EXPECT_EQ(events[0].changed_fields, (std::vector<std::string>{"name", "email"}));
  EXPECT_EQ(events[0].actor, "user:anna");
  EXPECT_EQ(events[0].time, absl::FromUnixSeconds(1767225600));
  EXPECT_FALSE(position < events[4].position);
  EXPECT_TRUE(Drain(position).empty());
}

TEST_F(FeedTest, EmptyFeedHasAPosition) {
  const absl::StatusOr<FeedPage> page = ReadFeed(*session_, {}, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->events.empty());
  EXPECT_FALSE(page->position.epoch.empty());
}

// Why the cursor is not a sequence: one writer takes its number early and commits late.
TEST_F(FeedTest, SequenceLosesWhatCommitsLateAndTheFeedDoesNot) {
  const auto early = Connected(options_);
  const auto late = Connected(options_);
  const auto on_sequence = [&](int64_t after) {
    const auto rows =
        session_->ReadDynamic("SELECT seq FROM outbox WHERE seq > $1::bigint ORDER BY seq", pg::Params().Int(after));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<int64_t> found;
    found.reserve(rows->size());
    for (int i = 0; i < rows->size(); ++i) found.push_back(rows->Int(i, 0));
    return found;
  };
  std::vector<int64_t> first;
  FeedPosition position;
  std::vector<StoredEvent> seen;
  const absl::Status committed = early->Transaction([&] {
    Insert(*early, {"customer.created", "partners/a/customers/1"});
    Insert(*late, {"customer.created", "partners/a/customers/2"});
    first = on_sequence(0);
    seen = Drain(position);
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed;

  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(on_sequence(first[0]).empty());  // the early one is lost for ever

  EXPECT_TRUE(seen.empty());  // the feed waits for it
  const std::vector<StoredEvent> both = Await(position, 2);
  EXPECT_EQ(both[0].subject, "partners/a/customers/1");
  EXPECT_EQ(both[1].subject, "partners/a/customers/2");
}

TEST_F(FeedTest, ConcurrentWritersLoseNothingAndKeepTheOrderOfASubject) {
  constexpr int kWriters = 6;
  constexpr int kCommits = 40;
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto session = Connected(options_);
      std::mt19937 random(writer);
      int64_t revision = 0;
      for (int i = 0; i < kCommits; ++i) {
        const auto status = session->Transaction([&] {
          const int events = 1 + static_cast<int>(random() % 3);
          for (int event = 0; event < events; ++event) {
            Insert(*session, {"customer.updated", absl::StrCat("customers/", writer), "partners/a", ++revision});
          }
          return random() % 5 == 0 ? absl::AbortedError("rolled back") : absl::OkStatus();
        });
        EXPECT_TRUE(status.ok() || absl::IsAborted(status)) << status;
      }
      --writing;
    });
  }
  FeedPosition position;
  std::vector<StoredEvent> read;
  while (writing > 0) {
    for (StoredEvent& event : Drain(position, 7)) read.push_back(std::move(event));
  }
  for (std::thread& writer : writers) writer.join();
  const int64_t committed = Number(*session_, "SELECT count(*) FROM outbox");
  EXPECT_TRUE(Eventually([&] {
    for (StoredEvent& event : Drain(position)) read.push_back(std::move(event));
    return static_cast<int64_t>(read.size()) >= committed;
  }));
  std::set<std::string> ids;
  std::map<std::string, int64_t> revisions;
  for (const StoredEvent& event : read) {
    EXPECT_TRUE(ids.insert(event.id).second);
    EXPECT_LT(revisions[event.subject], event.revision);
    revisions[event.subject] = event.revision;
  }
  EXPECT_EQ(static_cast<int64_t>(ids.size()), committed);
}

// Spelt with OR, or without the primary key, a page would cost what the whole outbox costs.
TEST_F(FeedTest, PageIsOneRangeOfThePrimaryKey) {
  ASSERT_TRUE(session_
                  ->Execute("INSERT INTO outbox (xid, id, type, subject, partner, generation, revision, after, "
                            "changed_fields, request_id, trace_id, actor, create_time) "
                            "SELECT (3 + n / 100)::text::xid8, gen_random_uuid(), 't', 's', 'p', 1, n, '', '{}', '', "
                            "'', '', now() FROM generate_series(1, 20000) AS n; ANALYZE outbox")
                  .ok());
  ASSERT_TRUE(ReadFeed(*session_, {}, 10).ok());
  const auto plan = session_->ReadDynamic("EXPLAIN EXECUTE feed_page('150', 1, 10)", {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::string text;
  for (int i = 0; i < plan->size(); ++i) absl::StrAppend(&text, plan->Text(i, 0), "\n");
  EXPECT_NE(text.find("Index Cond: ((ROW(xid, seq) > ROW("), std::string::npos) << text;
  EXPECT_EQ(text.find("Seq Scan on outbox"), std::string::npos) << text;
}

TEST_F(FeedTest, PositionOfAnotherHistoryIsForeign) {
  Insert(*session_);
  FeedPosition position;
  Await(position, 1);
  FeedPosition ahead = position;
  ahead.txid += 1000000;  // nothing was ever written there: a history that was lost
  EXPECT_EQ(ReasonOf(ReadFeed(*session_, ahead, 10).status()), "POSITION_FOREIGN");
  ASSERT_TRUE(pg::NewEpoch(*session_).ok());
  const absl::Status foreign = ReadFeed(*session_, position, 10).status();
  EXPECT_EQ(ReasonOf(foreign), "POSITION_FOREIGN");
  EXPECT_EQ(foreign.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(ReadFeed(*session_, {}, 10).ok());
}

TEST_F(FeedTest, PositionBelowTheFloorIsExpired) {
  Insert(*session_);
  Insert(*session_);
  FeedPosition position;
  const std::vector<StoredEvent> events = Await(position, 2);
  ASSERT_TRUE(session_
                  ->Execute("UPDATE feed_floor SET (xid, seq) = (SELECT xid, seq FROM outbox ORDER BY xid DESC "
                            "LIMIT 1); DELETE FROM outbox")
                  .ok());
  EXPECT_EQ(ReasonOf(ReadFeed(*session_, events[0].position, 10).status()), "POSITION_EXPIRED");
  EXPECT_TRUE(ReadFeed(*session_, events[1].position, 10).ok());
  // A reader that begins now is not sent below the floor.
  const absl::StatusOr<FeedPage> oldest = ReadFeed(*session_, {}, 10);
  ASSERT_TRUE(oldest.ok());
  EXPECT_TRUE(ReadFeed(*session_, oldest->position, 10).ok());
}

class HeartbeatTest : public FeedTest {
 protected:
  uint64_t End() { return FeedEnd(*session_).value().txid; }
  void LetASecondPass() {
    ASSERT_TRUE(session_->Execute("UPDATE feed_heartbeat SET beat_time = beat_time - interval '2 s'").ok());
  }
  int64_t Xid() { return Number(*session_, "SELECT xid::text::bigint FROM feed_heartbeat"); }
};

TEST_F(HeartbeatTest, MovesAnIdleFeedAtMostOnceASecond) {
  LetASecondPass();  // a transaction without an event
  const int64_t before = Xid();
  ASSERT_TRUE(Eventually([&] { return Beat(*session_).ok() && Xid() > before; }));
  const int64_t beaten = Xid();
  EXPECT_TRUE(Eventually([&] { return End() == static_cast<uint64_t>(beaten); }));
  ASSERT_TRUE(session_->Execute("SELECT pg_current_xact_id()").ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Beat(*session_).ok());
  EXPECT_EQ(Xid(), beaten);
}

TEST_F(HeartbeatTest, IsNotNeededRightAfterAnEvent) {
  // Again where a background worker of PostgreSQL ran a transaction in between: then a beat is due.
  EXPECT_TRUE(Eventually([&] {
    LetASecondPass();
    Insert(*session_);
    const int64_t before = Xid();
    return Beat(*session_).ok() && Xid() == before;
  }));
}

TEST_F(HeartbeatTest, ManyReadersBeatOnce) {
  LetASecondPass();
  const int64_t before = Xid();
  std::vector<std::thread> readers;
  readers.reserve(6);
  for (int i = 0; i < 6; ++i) {
    readers.emplace_back([&] { EXPECT_TRUE(Beat(*Connected(options_)).ok()); });
  }
  for (std::thread& reader : readers) reader.join();
  const int64_t after = Xid();
  EXPECT_GT(after, before);
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM feed_heartbeat"), 1);
  ASSERT_TRUE(Beat(*session_).ok());
  EXPECT_EQ(Xid(), after);
}

// While a writer hangs, the heartbeat above it is not replaced, the reader keeps its place, and the metric tells.
TEST_F(HeartbeatTest, HangingWriterHoldsTheFeedAndIsSeen) {
  LetASecondPass();
  const int64_t first = Xid();
  ASSERT_TRUE(Eventually([&] { return Beat(*session_).ok() && Xid() > first; }));
  FeedPosition position;
  const uint64_t beaten = static_cast<uint64_t>(Xid());
  ASSERT_TRUE(Eventually([&] {
    Drain(position);
    return position.txid == beaten;
  }));
  const auto writer = Connected(options_);
  const absl::Status committed = writer->Transaction([&] {
    Insert(*writer);
    LetASecondPass();
    EXPECT_TRUE(Beat(*session_).ok());
    const int64_t above = Xid();
    LetASecondPass();
    EXPECT_TRUE(Beat(*session_).ok());
    EXPECT_EQ(Xid(), above);
    const FeedPosition held = position;
    EXPECT_TRUE(Drain(position).empty());
    EXPECT_EQ(position, held);
    return absl::OkStatus();
  });
  ASSERT_TRUE(committed.ok()) << committed;
  Await(position, 1);
  EXPECT_NE(obs::MetricsText().find("clientele_feed_horizon_age_seconds"), std::string::npos);
}

}  // namespace
}  // namespace clientele::events
