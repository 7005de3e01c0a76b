#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/events/feed_fixture_test.h"
#include "common/events/feed_service.h"
#include "common/events/projection.h"
#include "common/events/projection_cursor.h"

// A source with an outbox, and a copy of its facts in another database.
namespace clientele::events {

inline const pg::Statement kCopy{"test_copy",
                                 "INSERT INTO copy (subject, revision) VALUES ($1, $2::bigint) ON CONFLICT (subject) "
                                 "DO UPDATE SET revision = excluded.revision WHERE copy.revision < excluded.revision"};
// Not idempotent on purpose: an event that is applied twice fails.
inline const pg::Statement kNote{"test_note", "INSERT INTO applied (id) VALUES ($1::uuid)"};

class ProjectionTest : public FeedTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(copy_session_
                    ->Execute("CREATE TABLE copy (subject text PRIMARY KEY, revision bigint NOT NULL);"
                              "CREATE TABLE applied (id uuid PRIMARY KEY)")
                    .ok());
  }

  // As a service does it, but for the wire.
  FetchPage Fetch() {
    return [this](const std::string& position, int page_size, bool wait,
                  const std::function<void(absl::StatusOr<event::v1::ListEventsResponse>)>& done) {
      ++fetches_;
      auto call = std::make_shared<rpc::Call>();
      call->context.deadline = absl::Now() + absl::Seconds(5);
      auto request = std::make_shared<event::v1::ListEventsRequest>();
      request->set_parent("partners/-");
      request->set_after_position(position);
      request->set_page_size(page_size);
      if (wait) request->set_wait_seconds(1);
      for (const std::string& prefix : prefixes_) request->add_type_prefixes(prefix);
      handler_.begin(call, request, done);
    };
  }

  ApplyEvent Apply() {
    return [this](pg::Session& session, const event::v1::Event& event) {
      if (event.subject() == "poison" && poisoned_) return absl::InternalError("cannot be applied");
      if (auto noted = session.Write(kNote, pg::Params().Text(event.id())); !noted.ok()) return noted.status();
      return session.Write(kCopy, pg::Params().Text(event.subject()).Int(event.revision())).status();
    };
  }

  // As Apply, for what is applied more than once.
  ApplyEvent ApplyAgain() {
    return [](pg::Session& session, const event::v1::Event& event) {
      return session.Write(kCopy, pg::Params().Text(event.subject()).Int(event.revision())).status();
    };
  }

  std::unique_ptr<Projection> Started(ApplyEvent apply, int page_size = 500) {
    auto projection =
        std::make_unique<Projection>(Projection::Options{"customer", page_size}, executor_, Fetch(), std::move(apply));
    projection->Start();
    return projection;
  }

  // Where the source's last event stands: what a writer would be told.
  FeedPosition Last() {
    const auto rows = session_->ReadDynamic(
        "SELECT (SELECT epoch FROM feed_epoch), xid, seq FROM outbox ORDER BY xid DESC, seq DESC LIMIT 1", {});
    EXPECT_TRUE(rows.ok() && rows->size() == 1);
    return {std::string(rows->Text(0, 0)), rows->Unsigned(0, 1), rows->Unsigned(0, 2)};
  }

  // Where the copy stands.
  FeedPosition Cursor() {
    const auto cursor = LoadCursor(*copy_session_, "customer");
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    return cursor.value_or(FeedPosition());
  }

  static absl::Status Wait(Projection& projection, const FeedPosition& wanted,
                           absl::Duration limit = absl::Seconds(10)) {
    auto reached = std::make_shared<std::promise<absl::Status>>();
    projection.WaitFor(wanted, absl::Now() + limit, [reached](absl::Status status) { reached->set_value(status); });
    return reached->get_future().get();
  }

  int64_t Copies() { return Number(*copy_session_, "SELECT count(*) FROM copy"); }

  const pg::SessionOptions copy_options_ = testing::Cluster::Shared().NewDatabase("relationship", {});
  const std::unique_ptr<pg::Connection> copy_session_ = Connected(copy_options_);
  std::atomic<bool> poisoned_{true};
  std::atomic<int> fetches_{0};
  std::vector<std::string> prefixes_;
  pg::Executor source_executor_{pg::ExecutorOptions{options_, {1}, {1}, {1}}};
  pg::Executor executor_{pg::ExecutorOptions{copy_options_, {1}, {1}, {2}}};
  rpc::Handler<event::v1::ListEventsRequest, event::v1::ListEventsResponse> handler_ =
      ListEventsHandler(source_executor_);
};

}  // namespace clientele::events
