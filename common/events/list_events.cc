#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/events/feed.h"
#include "common/events/feed_service.h"
#include "common/rpc/lane.h"

namespace clientele::events {
namespace {

using event::v1::ListEventsRequest;
using event::v1::ListEventsResponse;

constexpr char kAllPartners[] = "partners/-";
constexpr absl::Duration kBusyPoll = absl::Milliseconds(10);
constexpr absl::Duration kIdlePoll = absl::Milliseconds(250);
constexpr absl::Duration kBeatInterval = absl::Seconds(1);
// Where a filter drops most events, pages are scanned on for as long as this, each as a job of its own.
constexpr absl::Duration kScanTime = absl::Milliseconds(500);
constexpr int kScanRows = 500;
// Time left for the answer before the call's deadline.
constexpr absl::Duration kAnswerTime = absl::Milliseconds(100);

// What the polls of one process know together.
class Activity {
 public:
  void SawEvent(absl::Time now) { last_event_.store(absl::ToUnixMillis(now)); }

  // An eighth of the time since the last event: quick while there is something to come, cheap when idle.
  absl::Duration PollDelay(absl::Time now) const {
    return std::clamp((now - absl::FromUnixMillis(last_event_.load())) / 8, kBusyPoll, kIdlePoll);
  }

  // True for one caller a second: not every reader asks the database for a heartbeat.
  bool MayBeat(absl::Time now) {
    int64_t next = next_beat_.load();
    return absl::ToUnixMillis(now) >= next &&
           next_beat_.compare_exchange_strong(next, absl::ToUnixMillis(now + kBeatInterval));
  }

 private:
  std::atomic<int64_t> last_event_{0};
  std::atomic<int64_t> next_beat_{0};
};

void Encode(const StoredEvent& from, event::v1::Event& to) {
  to.set_position(FormatPosition(from.position));
  to.set_id(from.id);
  to.set_type(from.type);
  to.set_subject(from.subject);
  to.set_partner(from.partner);
  to.set_generation(from.generation);
  to.set_revision(from.revision);
  const int64_t micros = absl::ToUnixMicros(from.time);
  const int64_t seconds = absl::ToUnixSeconds(from.time);
  to.mutable_time()->set_seconds(seconds);
  to.mutable_time()->set_nanos(static_cast<int>((micros - seconds * 1000000) * 1000));
  if (!from.after.empty()) to.mutable_after()->ParseFromString(from.after);
  to.mutable_changed_fields()->Add(from.changed_fields.begin(), from.changed_fields.end());
  to.set_request_id(from.request_id);
  to.set_trace_id(from.trace_id);
  to.set_actor(from.actor);
}

// One call. It is at one place at a time (a queue, a worker or the executor's timer), so it needs no lock.
class Poll : public std::enable_shared_from_this<Poll> {
 public:
  Poll(pg::Executor& executor, std::shared_ptr<Activity> activity, std::shared_ptr<rpc::Call> call,
       std::shared_ptr<const ListEventsRequest> request, rpc::Reply<ListEventsResponse> reply, FeedPosition after)
      : executor_(executor),
        activity_(std::move(activity)),
        call_(std::move(call)),
        request_(std::move(request)),
        reply_(std::move(reply)),
        position_(std::move(after)),
        page_size_(rpc::PageSize(request_->page_size())) {
    const absl::Time now = absl::Now();
    const absl::Time last = call_->context.deadline - kAnswerTime;
    wait_until_ = std::min(now + absl::Seconds(request_->wait_seconds()), last);
    scan_until_ = std::max(wait_until_, std::min(now + kScanTime, last));
  }

  void Submit() {
    if (absl::Status status = executor_.Submit(pg::Lane::kBulk, MakeJob()); !status.ok()) reply_(status);
  }

 private:
  pg::Job MakeJob() {
    pg::Job job = rpc::JobFor(*call_);
    job.run = [self = shared_from_this()](absl::StatusOr<pg::Session*> session) {
      if (session.ok()) {
        self->Run(**session);
      } else {
        self->reply_(session.status());
      }
    };
    return job;
  }

  void Run(pg::Session& session) {
    if (request_->from_end()) {
      absl::StatusOr<FeedPosition> end = FeedEnd(session);
      if (!end.ok()) return reply_(end.status());
      position_ = *std::move(end);
      response_.set_at_end(true);
      return Answer();
    }
    const bool filtered = request_->parent() != kAllPartners || !request_->type_prefixes().empty();
    const int limit = filtered ? std::max(page_size_, kScanRows) : page_size_;
    absl::StatusOr<FeedPage> page = ReadFeed(session, position_, limit);
    if (!page.ok()) return reply_(page.status());

    const absl::Time now = absl::Now();
    if (!page->events.empty()) activity_->SawEvent(now);
    response_.set_at_end(static_cast<int>(page->events.size()) < limit);
    Take(*page);
    if (response_.events_size() == page_size_) return Answer();
    // A page that is not full says that the feed ends there; so what a filter drops is made up for.
    if (static_cast<int>(page->events.size()) == limit && now < scan_until_) return Submit();
    if (static_cast<int>(page->events.size()) == limit || !response_.events().empty()) return Answer();
    if (now >= wait_until_) return Answer();
    if (page->events.empty() && activity_->MayBeat(now)) {
      if (absl::Status status = Beat(session); !status.ok()) return reply_(status);
    }
    executor_.SubmitAfter(std::min(activity_->PollDelay(now), wait_until_ - now), pg::Lane::kBulk, MakeJob());
  }

  // Keeps the events that pass the filter, and how far was scanned.
  void Take(const FeedPage& page) {
    position_ = page.position;
    for (const StoredEvent& event : page.events) {
      if (!Passes(event)) continue;
      Encode(event, *response_.add_events());
      if (response_.events_size() == page_size_) {
        position_ = event.position;
        response_.set_at_end(response_.at_end() && &event == &page.events.back());
        return;
      }
    }
  }

  bool Passes(const StoredEvent& event) const {
    if (request_->parent() != kAllPartners && event.partner != request_->parent()) return false;
    const auto& prefixes = request_->type_prefixes();
    return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
             return absl::StartsWith(event.type, prefix);
           });
  }

  void Answer() {
    response_.set_position(FormatPosition(position_));
    reply_(std::move(response_));
  }

  pg::Executor& executor_;
  const std::shared_ptr<Activity> activity_;
  const std::shared_ptr<rpc::Call> call_;
  const std::shared_ptr<const ListEventsRequest> request_;
  const rpc::Reply<ListEventsResponse> reply_;
  FeedPosition position_;
  const int page_size_;
  absl::Time wait_until_;
  absl::Time scan_until_;
  ListEventsResponse response_;
};

void ListEvents(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const ListEventsRequest>& request,
                const rpc::Reply<ListEventsResponse>& reply, pg::Executor& executor,
                std::shared_ptr<Activity> activity) {
  absl::StatusOr<FeedPosition> after = ParsePosition(request->after_position());
  if (!after.ok()) return reply(after.status());
  if (request->from_end() && !request->after_position().empty()) {
    return reply(InvalidFields({{"after_position", "must be empty where from_end is set", "CONFLICT", ""}}));
  }
  std::make_shared<Poll>(executor, std::move(activity), call, request, reply, *std::move(after))->Submit();
}

}  // namespace

rpc::Handler<ListEventsRequest, ListEventsResponse> ListEventsHandler(pg::Executor& executor) {
  return rpc::Async(&ListEvents, executor, std::make_shared<Activity>());
}

}  // namespace clientele::events
