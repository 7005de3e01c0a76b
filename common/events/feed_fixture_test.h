#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/core/id.h"
#include "common/events/feed.h"
#include "common/testing/database.h"

// An outbox of its own for each test, and what writes to it.
namespace clientele::events {

inline const pg::Statement kInsertEvent{
    "test_insert_event",
    "INSERT INTO outbox (id, type, subject, partner, generation, revision, after, changed_fields, request_id, "
    "trace_id, "
    "actor, create_time) VALUES ($1::uuid, $2, $3, $4, 1, $5::bigint, ''::bytea, '{name,email}', 'request', 'trace', "
    "'user:anna', $6::timestamptz) RETURNING xid, seq"};

struct NewEvent {
  std::string type = "customer.updated";
  std::string subject = "partners/a/customers/1";
  std::string partner = "partners/a";
  int64_t revision = 1;
  absl::Time time = absl::FromUnixSeconds(1767225600);
};

inline std::unique_ptr<pg::Connection> Connected(const pg::SessionOptions& options) {
  auto session = std::make_unique<pg::Connection>(options);
  EXPECT_TRUE(session->Connect().ok());
  return session;
}

inline void Insert(pg::Session& session, const NewEvent& event = {}) {
  const auto rows = session.Write(kInsertEvent, pg::Params()
                                                    .Text(Uuid::NewV4().ToString())
                                                    .Text(event.type)
                                                    .Text(event.subject)
                                                    .Text(event.partner)
                                                    .Int(event.revision)
                                                    .Time(event.time));
  ASSERT_TRUE(rows.ok()) << rows.status();
}

inline int64_t Number(pg::Session& session, const std::string& sql) {
  const auto rows = session.ReadDynamic(sql, {});
  EXPECT_TRUE(rows.ok()) << sql << ": " << rows.status();
  return rows.ok() ? rows->Int(0, 0) : -1;
}

// Waits for what another thread, or PostgreSQL itself, brings about.
inline ::testing::AssertionResult Eventually(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (absl::Now() < limit) {
    if (condition()) return ::testing::AssertionSuccess();
    absl::SleepFor(absl::Milliseconds(2));
  }
  return ::testing::AssertionFailure() << "it did not come about within 20 s";
}

class FeedTest : public ::testing::Test {
 protected:
  // Everything after `position`, in pages of `limit`; moves `position` on.
  std::vector<StoredEvent> Drain(FeedPosition& position, int limit = 1000) {
    std::vector<StoredEvent> events;
    for (;;) {
      absl::StatusOr<FeedPage> page = ReadFeed(*session_, position, limit);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return events;
      position = page->position;
      const bool last = static_cast<int>(page->events.size()) < limit;
      for (StoredEvent& event : page->events) events.push_back(std::move(event));
      if (last) return events;
    }
  }

  // Drains until `count` events came: a background worker of PostgreSQL may hold the horizon for a moment.
  std::vector<StoredEvent> Await(FeedPosition& position, size_t count, int limit = 1000) {
    std::vector<StoredEvent> events;
    EXPECT_TRUE(Eventually([&] {
      for (StoredEvent& event : Drain(position, limit)) events.push_back(std::move(event));
      return events.size() >= count;
    }));
    EXPECT_EQ(events.size(), count);
    return events;
  }

  const pg::SessionOptions options_ = testing::Cluster::Shared().NewDatabase("customer", {});
  const std::unique_ptr<pg::Connection> session_ = Connected(options_);
};

}  // namespace clientele::events
