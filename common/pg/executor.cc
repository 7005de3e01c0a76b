#include "common/pg/executor.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/timer.h"
#include "common/pg/lane.h"
#include "common/pg/pulse.h"
#include "common/pg/shared_session.h"

namespace clientele::pg {
namespace {

SessionOptions Named(SessionOptions session, const char* lane) {
  session.application_name = absl::StrCat(session.application_name, "/", lane);
  return session;
}

std::vector<std::unique_ptr<Session>> Connections(const LaneOptions& lane, SessionOptions options) {
  options.statement_timeout = lane.statement_timeout;
  options.lock_timeout = lane.lock_timeout;
  std::vector<std::unique_ptr<Session>> connections;
  for (int i = 0; i < lane.workers; ++i) connections.push_back(std::make_unique<Connection>(options));
  return connections;
}

std::vector<std::unique_ptr<Session>> Sharing(StatementGroups& groups, int count) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < count; ++i) sessions.push_back(std::make_unique<SharedSession>(groups));
  return sessions;
}

}  // namespace

absl::Status ExpiredInQueue() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "the deadline passed in the queue");
}

absl::Status Abandoned() { return MakeError(absl::StatusCode::kCancelled, "CANCELLED", "the caller is gone"); }

class Executor::Impl {
 public:
  explicit Impl(const ExecutorOptions& options)
      : read_("read", options.read, Connections(options.read, Named(options.session, "read"))),
        statements_("write", options.write, Connections(options.write, Named(options.session, "write"))),
        groups_(statements_),
        write_("write", options.write, Sharing(groups_, options.commands)),
        bulk_("bulk", options.bulk, Connections(options.bulk, Named(options.session, "bulk"))),
        list_("list", options.list, Connections(options.list, Named(options.session, "list"))),
        pulse_(Named(options.session, "pulse")),
        lanes_{&read_, &write_, &bulk_, &list_, &statements_} {}

  WorkerLane& lane(Lane lane) { return *lanes_[static_cast<size_t>(lane)]; }
  const std::array<WorkerLane*, kLaneCount + 1>& lanes() const { return lanes_; }
  Pulse& pulse() { return pulse_; }
  Timer& timer() { return timer_; }

 private:
  WorkerLane read_;
  WorkerLane statements_;
  StatementGroups groups_;
  WorkerLane write_;
  WorkerLane bulk_;
  WorkerLane list_;
  Pulse pulse_;
  // By their Lane; last, and stopped last, the one that commands need to come to their end.
  const std::array<WorkerLane*, kLaneCount + 1> lanes_;
  Timer timer_;
};

Executor::Executor(const ExecutorOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Executor::~Executor() { Stop(); }

absl::Status Executor::Submit(Lane lane, Job job) { return impl_->lane(lane).Submit(job); }

void Executor::SubmitAfter(absl::Duration delay, Lane lane, Job job) {
  auto waiting = std::make_shared<Job>(std::move(job));
  // Run exactly once: by the timer, or where that stops, by Stop or here. Then the lane itself says that it stops.
  const auto submit = [this, lane, waiting = std::move(waiting)] {
    const absl::Status status = impl_->lane(lane).Submit(*waiting);
    if (!status.ok()) waiting->run(status);
  };
  if (impl_->timer().After(delay, submit) == Timer::kNone) submit();
}

bool Executor::Ready() const {
  for (const WorkerLane* lane : impl_->lanes()) {
    if (!lane->Ready()) return false;
  }
  return !impl_->pulse().Silent();
}

LaneStatistics Executor::Statistics(Lane lane) const { return impl_->lane(lane).Statistics(); }

void Executor::CutOffAfter(absl::Duration patience) {
  impl_->timer().After(patience, [this] {
    for (WorkerLane* lane : impl_->lanes()) lane->Abort();
    impl_->pulse().Abort();
  });
}

void Executor::Stop() {
  impl_->pulse().Stop();
  for (WorkerLane* lane : impl_->lanes()) lane->Stop();
  for (const auto& refused : impl_->timer().Stop()) refused();
}

}  // namespace clientele::pg
