#include "common/events/projection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/gate.h"
#include "common/core/mutex.h"
#include "common/core/timer.h"
#include "common/events/feed.h"
#include "common/events/position_waiters.h"
#include "common/events/projection_cursor.h"
#include "common/events/projection_metrics.h"
#include "common/obs/log.h"

namespace clientele::events {
namespace {

constexpr Backoff kBackoff{absl::Milliseconds(25), absl::Seconds(1), 2.0};
constexpr absl::Duration kBusyPoll = absl::Milliseconds(10);
constexpr absl::Duration kIdlePoll = absl::Milliseconds(250);
// An idle feed's checkpoints move the row no oftener: a commit for nothing, but a restart must not begin below the
// feed's floor.
constexpr absl::Duration kPersistInterval = absl::Minutes(1);
// Fetches on their way at once: those that wait for news, of this round and of earlier ones, and the one asked for
// since.
constexpr int kMaxFlights = 16;

bool IsPowerOfTwo(int value) { return (value & (value - 1)) == 0; }

bool IsLostPosition(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "POSITION_EXPIRED" || reason == "POSITION_FOREIGN";
}

}  // namespace

// A cycle: fetch → apply on a worker → fetch. `state_` says who moves it next, so that exactly one does.
class Projection::Impl : public std::enable_shared_from_this<Projection::Impl> {
 public:
  Impl(Options options, pg::Executor& executor, FetchPage fetch, ApplyEvent apply)
      : options_(std::move(options)),
        executor_(executor),
        fetch_(std::move(fetch)),
        apply_(std::move(apply)),
        metrics_(options_.source),
        waiters_(options_.source, timer_) {}

  void Start() {
    GatePass pass(gate_);
    if (!pass) return;
    {
      MutexLock lock(&mutex_);
      caught_up_ = absl::Now();
    }
    Resume();
  }

  void Stop() {
    timer_.Stop();
    gate_.Close();
    waiters_.Refuse();
    // What they hold (channels) must not die on the thread of a late answer.
    fetch_ = nullptr;
    apply_ = nullptr;
  }

  void WaitFor(const FeedPosition& wanted, absl::Time deadline, std::function<void(absl::Status)> done) {
    GatePass pass(gate_);
    if (!pass) return done(waiters_.NotReached());
    bool reached = false;
    {
      // Under the lock: a position that moves after this look finds the waiter.
      MutexLock lock(&mutex_);
      reached = PositionWaiters::Reached(position_, wanted);
      if (!reached) waiters_.Add(wanted, deadline, done);
    }
    if (reached) return done(absl::OkStatus());
    Kick();
  }

 private:
  enum class State { kIdle, kFetching, kBusy };

  struct Flight {
    uint64_t round = 0;
    absl::Time begun;
    FeedPosition from;    // where the page begins
    FeedPosition cursor;  // where the row stood; pages without events move `from` ahead of it
  };

  // Loads the cursor where it is not known, then fetches.
  void Resume() {
    bool known = false;
    {
      MutexLock lock(&mutex_);
      known = cursor_known_;
      state_ = State::kBusy;
    }
    if (known) return Fetch();
    OnWorker([this](pg::Session& session) {
      absl::StatusOr<FeedPosition> cursor = LoadCursor(session, options_.source);
      if (!cursor.ok()) return DatabaseFailed(cursor.status());
      StandAt(*cursor);
      waiters_.Release(*cursor, absl::InfinitePast());
      Fetch();
    });
  }

  void OnWorker(std::function<void(pg::Session&)> work) {
    pg::Job job;
    job.run = [self = shared_from_this(), work = std::move(work)](absl::StatusOr<pg::Session*> session) {
      GatePass pass(self->gate_);
      if (!pass) return;
      if (!session.ok()) return self->DatabaseFailed(session.status());
      work(**session);
    };
    if (absl::Status status = executor_.Submit(pg::Lane::kBulk, std::move(job)); !status.ok()) DatabaseFailed(status);
  }

  void Fetch() {
    {
      MutexLock lock(&mutex_);
      state_ = State::kFetching;
      ++round_;
      in_round_ = 0;
    }
    Launch();
  }

  void Launch() {
    Flight flight;
    {
      MutexLock lock(&mutex_);
      if (state_ != State::kFetching) return;
      ++in_round_;
      ++flights_;
      flight = {round_, absl::Now(), position_, cursor_};
    }
    // An event that is filtered out ends no long poll, though it moves the feed to where somebody waits for it.
    fetch_(FormatPosition(flight.from), options_.page_size, waiters_.empty(),
           [self = shared_from_this(), flight](absl::StatusOr<event::v1::ListEventsResponse> page) {
             if (GatePass pass{self->gate_}) self->Arrived(flight, std::move(page));
           });
  }

  // Somebody waits: fetch now, beside the fetch that may be waiting at the source for news.
  void Kick() {
    Timer::Id nap = Timer::kNone;
    {
      MutexLock lock(&mutex_);
      if (failures_ > 0) return;  // the source or the database is away: the next try is soon enough
      if (state_ == State::kFetching) {
        // One that does not wait for news is enough for all who wait; long polls of earlier rounds end by themselves.
        if (in_round_ > 1 || flights_ >= kMaxFlights) return;
      } else {
        nap = nap_;
      }
    }
    if (nap == Timer::kNone) return Launch();
    if (timer_.Cancel(nap)) Fetch();
  }

  void Arrived(const Flight& flight, absl::StatusOr<event::v1::ListEventsResponse> page) {
    {
      MutexLock lock(&mutex_);
      --flights_;
      if (state_ != State::kFetching || flight.round != round_) return;  // another one was quicker
      --in_round_;
      if (!page.ok() && in_round_ > 0) return;  // another one may do better
      state_ = State::kBusy;
    }
    if (!page.ok()) {
      if (IsLostPosition(page.status()) && !flight.from.epoch.empty()) return BeginAgain(flight, page.status());
      return Failed("fetch", metrics_.fetch_failures, page.status());
    }
    absl::StatusOr<FeedPosition> to = ParsePosition(page->position());
    if (!to.ok() || to->epoch.empty()) {
      return Failed("fetch", metrics_.fetch_failures, absl::InternalError("the page has no position"));
    }
    if (page->events().empty()) return TakeEmpty(flight, *to, page->at_end());
    OnWorker([this, flight, to = *to, page = *std::move(page)](pg::Session& session) {
      TakeEvents(session, flight, page, to);
    });
  }

  void TakeEmpty(const Flight& flight, const FeedPosition& to, bool at_end) {
    bool persist = false;
    {
      MutexLock lock(&mutex_);
      position_ = to;
      const absl::Time now = absl::Now();
      persist = !(cursor_ == to) && now - persisted_ >= kPersistInterval;
      if (persist) persisted_ = now;
    }
    if (!persist) return GoOn(flight, at_end);
    OnWorker([this, flight, to, at_end](pg::Session& session) {
      absl::StatusOr<FeedPosition> stands = MoveCursor(session, options_.source, flight.cursor, to);
      if (!stands.ok()) return DatabaseFailed(stands.status());
      StandAt(*stands);
      GoOn(flight, at_end);
    });
  }

  void GoOn(const Flight& flight, bool at_end) {
    if (at_end) return CaughtUp(flight);
    FeedPosition stands;
    {
      MutexLock lock(&mutex_);
      failures_ = 0;
      stands = position_;
    }
    waiters_.Release(stands, absl::InfinitePast());
    if (!(stands == flight.from)) return Fetch();
    // A source of an earlier version, which never says that it is at the end.
    MutexLock lock(&mutex_);
    Nap(kBusyPoll);
  }

  void TakeEvents(pg::Session& session, const Flight& flight, const event::v1::ListEventsResponse& page,
                  const FeedPosition& to) {
    const Batch all{&page.events(), page.events_size(), to};
    const BatchOutcome outcome = ApplyBatch(session, options_.source, flight.cursor, all, apply_);
    if (!outcome.status.ok()) return NotApplied(session, flight, page, outcome);
    StandAt(outcome.cursor);
    if (!outcome.stale) metrics_.applied.Increment(page.events_size());
    GoOn(flight, !outcome.stale && page.at_end());
  }

  // What stands before the event that fails is applied without it, so that it alone holds up what follows.
  void NotApplied(pg::Session& session, const Flight& flight, const event::v1::ListEventsResponse& page,
                  const BatchOutcome& outcome) {
    const pg::Failure failure = pg::FailureOf(outcome.status);
    const bool lies_with_event =
        outcome.failed_event >= 0 &&
        (failure == pg::Failure::kNone || failure == pg::Failure::kOther || failure == pg::Failure::kUnique);
    if (!lies_with_event) return DatabaseFailed(outcome.status);
    const event::v1::Event& event = page.events(outcome.failed_event);
    if (outcome.failed_event > 0) {
      absl::StatusOr<FeedPosition> to = ParsePosition(page.events(outcome.failed_event - 1).position());
      if (to.ok() && !to->epoch.empty()) {
        const Batch before{&page.events(), outcome.failed_event, *to};
        const BatchOutcome applied = ApplyBatch(session, options_.source, flight.cursor, before, apply_);
        if (applied.status.ok()) {
          StandAt(applied.cursor);
          if (!applied.stale) metrics_.applied.Increment(before.count);
          waiters_.Release(applied.cursor, absl::InfinitePast());
        }
      }
    }
    LogPoison(event);
    Failed("apply", metrics_.apply_failures, outcome.status);
  }

  void LogPoison(const event::v1::Event& event) {
    {
      MutexLock lock(&mutex_);
      if (!IsPowerOfTwo(failures_ + 1)) return;
    }
    obs::Log(
        obs::Level::kError, "an event cannot be applied; the copy stands still until it can",
        {{"source", options_.source}, {"event", event.id()}, {"type", event.type()}, {"subject", event.subject()}});
  }

  void BeginAgain(const Flight& flight, const absl::Status& why) {
    obs::Log(obs::Level::kError, "the feed no longer knows the copy's position; it is applied again from the oldest",
             {{"source", options_.source}, {"reason", ReasonOf(why)}});
    metrics_.resets.Increment();
    OnWorker([this, flight](pg::Session& session) {
      absl::StatusOr<FeedPosition> stands = MoveCursor(session, options_.source, flight.cursor, FeedPosition{});
      if (!stands.ok()) return DatabaseFailed(stands.status());
      StandAt(*stands);
      Fetch();
    });
  }

  // The row stands there, and so does the copy.
  void StandAt(const FeedPosition& cursor) {
    MutexLock lock(&mutex_);
    cursor_known_ = true;
    cursor_ = position_ = cursor;
  }

  // `flight` found the feed's end.
  void CaughtUp(const Flight& flight) {
    const absl::Time now = absl::Now();
    FeedPosition stands;
    {
      MutexLock lock(&mutex_);
      failures_ = 0;
      caught_up_ = flight.begun;
      stands = position_;
    }
    metrics_.lag.Set(absl::ToDoubleSeconds(now - flight.begun));
    waiters_.Release(stands, flight.begun);
    MutexLock lock(&mutex_);
    if (!(stands == flight.from)) idle_poll_ = kBusyPoll;
    idle_poll_ = std::min(idle_poll_ * 2, kIdlePoll);
    // A fetch that waited for news itself needs no pause; who waits needs a short one. Under the lock: who comes after
    // this look finds the nap, and cuts it short.
    absl::Duration pause = absl::ZeroDuration();
    if (now - flight.begun < kIdlePoll) pause = waiters_.empty() ? idle_poll_ : kBusyPoll;
    Nap(pause);
  }

  void Nap(absl::Duration pause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    state_ = State::kIdle;
    nap_ = timer_.After(pause, [this] {
      if (GatePass pass{gate_}) Resume();
    });
  }

  // In doubt, or away: the row is read again before anything is compared with it.
  void DatabaseFailed(const absl::Status& why) {
    {
      MutexLock lock(&mutex_);
      cursor_known_ = false;
    }
    Failed("database", metrics_.database_failures, why);
  }

  void Failed(absl::string_view stage, obs::Counter& counter, const absl::Status& why) {
    counter.Increment();
    const absl::Time now = absl::Now();
    int failures = 0;
    {
      MutexLock lock(&mutex_);
      failures = ++failures_;
      metrics_.lag.Set(absl::ToDoubleSeconds(now - caught_up_));
      Nap(kBackoff.Delay(failures));
    }
    // Outside the lock, for which gRPC's thread waits.
    if (!IsPowerOfTwo(failures)) return;
    const absl::Status told = pg::ForCaller(why);
    obs::Log(obs::Level::kWarning, "a projection does not get on",
             {{"source", options_.source},
              {"stage", stage},
              {"failures", failures},
              {"code", absl::StatusCodeToString(told.code())},
              {"reason", ReasonOf(told)}});
  }

  const Options options_;
  pg::Executor& executor_;
  FetchPage fetch_;
  ApplyEvent apply_;
  ProjectionMetrics metrics_;
  Gate gate_;

  mutable Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kIdle;
  bool cursor_known_ ABSL_GUARDED_BY(mutex_) = false;
  FeedPosition cursor_ ABSL_GUARDED_BY(mutex_);  // the row, as far as known
  FeedPosition position_
      ABSL_GUARDED_BY(mutex_);  // what was scanned: at the cursor, or further without an event between
  uint64_t round_ ABSL_GUARDED_BY(mutex_) = 0;
  int in_round_ ABSL_GUARDED_BY(mutex_) = 0;  // fetches of this round that are on their way
  int flights_ ABSL_GUARDED_BY(mutex_) = 0;   // all that are
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row
  Timer::Id nap_ ABSL_GUARDED_BY(mutex_) = Timer::kNone;
  absl::Duration idle_poll_ ABSL_GUARDED_BY(mutex_) = kBusyPoll;
  absl::Time caught_up_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time persisted_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  Timer timer_;
  PositionWaiters waiters_;
};

Projection::Projection(Options options, pg::Executor& executor, FetchPage fetch, ApplyEvent apply)
    : impl_(std::make_shared<Impl>(std::move(options), executor, std::move(fetch), std::move(apply))) {}

Projection::~Projection() { impl_->Stop(); }

void Projection::Start() { impl_->Start(); }

void Projection::Stop() { impl_->Stop(); }

void Projection::WaitFor(const FeedPosition& wanted, absl::Time deadline, std::function<void(absl::Status)> done) {
  impl_->WaitFor(wanted, deadline, std::move(done));
}

}  // namespace clientele::events
