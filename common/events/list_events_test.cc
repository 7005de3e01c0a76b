#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/events/feed_fixture_test.h"
#include "common/events/feed_service.h"

namespace clientele::events {
namespace {

using event::v1::ListEventsRequest;
using event::v1::ListEventsResponse;

class ListEventsTest : public FeedTest {
 protected:
  std::future<absl::StatusOr<ListEventsResponse>> Call(const ListEventsRequest& request, bool abandoned = false) {
    auto call = std::make_shared<rpc::Call>();
    call->context.deadline = absl::Now() + absl::Seconds(5);
    call->answered = std::make_shared<const std::atomic<bool>>(abandoned);
    auto answer = std::make_shared<std::promise<absl::StatusOr<ListEventsResponse>>>();
    handler_.begin(call, std::make_shared<ListEventsRequest>(request),
                   [answer](absl::StatusOr<ListEventsResponse> response) { answer->set_value(std::move(response)); });
    return answer->get_future();
  }

  static ListEventsRequest Request(const std::string& parent = "partners/-", const std::string& after = "") {
    ListEventsRequest request;
    request.set_parent(parent);
    request.set_after_position(after);
    return request;
  }

  std::string End() {
    ListEventsRequest request = Request();
    request.set_from_end(true);
    const auto response = Call(request).get();
    EXPECT_TRUE(response.ok()) << response.status();
    EXPECT_TRUE(response->events().empty());
    return response->position();
  }

  pg::Executor executor_{pg::ExecutorOptions{options_, {1}, {1}, {1}}};
  rpc::Handler<ListEventsRequest, ListEventsResponse> handler_ = ListEventsHandler(executor_);
};

TEST_F(ListEventsTest, FiltersAndTellsHowFarItRead) {
  Insert(*session_, {"customer.created", "partners/a/customers/1", "partners/a"});
  Insert(*session_, {"customer.created", "partners/b/customers/2", "partners/b"});
  Insert(*session_, {"account.updated", "partners/a/customers/1", "partners/a"});
  FeedPosition position;
  Await(position, 3);

  ListEventsRequest request = Request("partners/a");
  auto response = Call(request).get();
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->events_size(), 2);
  EXPECT_EQ(response->events(0).type(), "customer.created");
  EXPECT_EQ(response->events(0).partner(), "partners/a");
  EXPECT_EQ(response->events(0).time().seconds(), 1767225600);

  request.add_type_prefixes("account.");
  request.add_type_prefixes("nothing.");
  response = Call(request).get();
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->events_size(), 1);
  EXPECT_EQ(response->events(0).type(), "account.updated");

  // Nothing passes, and yet the reader moves on.
  response = Call(Request("partners/c")).get();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->events().empty());
  const absl::StatusOr<FeedPosition> read = ParsePosition(response->position());
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(*read < position);
}

TEST_F(ListEventsTest, WhatNobodyWaitsForIsNotRead) {
  EXPECT_EQ(Call(Request(), true).get().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ListEventsTest, PagesStopAtTheLastEventThatFits) {
  for (int i = 0; i < 5; ++i) Insert(*session_, {"customer.updated", "s", i % 2 == 0 ? "partners/a" : "partners/b", i});
  FeedPosition position;
  Await(position, 5);
  ListEventsRequest request = Request("partners/a");
  request.set_page_size(1);
  for (const int revision : {0, 2, 4}) {
    const auto response = Call(request).get();
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(response->events_size(), 1);
    EXPECT_EQ(response->events(0).revision(), revision);
    EXPECT_EQ(response->events(0).position(), response->position());
    request.set_after_position(response->position());
  }
  EXPECT_TRUE(Call(request).get()->events().empty());
}

TEST_F(ListEventsTest, ScansOnToTheNextMatch) {
  ASSERT_TRUE(session_
                  ->Execute("INSERT INTO outbox (id, type, subject, partner, generation, revision, after, "
                            "changed_fields, request_id, trace_id, actor, create_time) "
                            "SELECT gen_random_uuid(), 't', 's', CASE WHEN n = 1200 THEN 'partners/a' ELSE "
                            "'partners/b' END, 1, n, '', '{}', '', '', '', now() FROM generate_series(1, 1300) AS n")
                  .ok());
  FeedPosition position;
  Await(position, 1300);
  const auto response = Call(Request("partners/a")).get();
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->events_size(), 1);
  EXPECT_EQ(response->events(0).revision(), 1200);
}

TEST_F(ListEventsTest, FilteredPageIsFilledWhereTheFeedHasMore) {
  ASSERT_TRUE(session_
                  ->Execute("INSERT INTO outbox (id, type, subject, partner, generation, revision, after, "
                            "changed_fields, request_id, trace_id, actor, create_time) "
                            "SELECT gen_random_uuid(), 't', 's', CASE WHEN n % 100 = 0 THEN 'partners/a' ELSE "
                            "'partners/b' END, 1, n, '', '{}', '', '', '', now() FROM generate_series(1, 1300) AS n")
                  .ok());
  FeedPosition position;
  Await(position, 1300);
  ListEventsRequest request = Request("partners/a");
  request.set_page_size(10);
  auto response = Call(request).get();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->events_size(), 10);
  request.set_after_position(response->position());
  response = Call(request).get();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->events_size(), 3);
}

TEST_F(ListEventsTest, WaitsForTheNextEventWithoutAWorker) {
  ListEventsRequest request = Request("partners/-", End());
  request.set_wait_seconds(1);
  std::vector<std::future<absl::StatusOr<ListEventsResponse>>> waiting;
  waiting.reserve(20);
  for (int i = 0; i < 20; ++i) waiting.push_back(Call(request));
  // One bulk worker for all of them, and it is free for others.
  std::promise<bool> ran;
  pg::Job job;
  job.run = [&](absl::StatusOr<pg::Session*> session) { ran.set_value(session.ok()); };
  ASSERT_TRUE(executor_.Submit(pg::Lane::kBulk, std::move(job)).ok());
  EXPECT_TRUE(ran.get_future().get());
  Insert(*session_);
  for (auto& answer : waiting) {
    const auto response = answer.get();
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->events_size(), 1);
  }
}

TEST_F(ListEventsTest, IdleFeedAnswersAPositionAndBeats) {
  const std::string end = End();
  ASSERT_TRUE(session_->Execute("UPDATE feed_heartbeat SET beat_time = beat_time - interval '2 s'").ok());
  ListEventsRequest request = Request("partners/-", end);
  request.set_wait_seconds(1);
  const absl::Time begun = absl::Now();
  const auto response = Call(request).get();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->events().empty());
  EXPECT_GE(absl::Now() - begun, absl::Milliseconds(900));
  EXPECT_TRUE(*ParsePosition(end) < *ParsePosition(response->position()));
}

TEST_F(ListEventsTest, RefusesWhatIsNoPosition) {
  EXPECT_EQ(ReasonOf(Call(Request("partners/-", "17")).get().status()), "INVALID_FIELD");
  ListEventsRequest both = Request("partners/-", End());
  both.set_from_end(true);
  EXPECT_EQ(ReasonOf(Call(both).get().status()), "INVALID_FIELD");
}

TEST_F(ListEventsTest, StoppedExecutorAnswersWhoWaits) {
  ListEventsRequest request = Request("partners/-", End());
  request.set_wait_seconds(1);
  auto answer = Call(request);
  executor_.Stop();
  EXPECT_FALSE(answer.get().ok());
}

}  // namespace
}  // namespace clientele::events
