#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/core/signal.h"
#include "common/saga/execution.h"
#include "common/saga/gated_executor.h"
#include "common/saga/joiners.h"
#include "common/saga/saga.h"
#include "common/saga/saga_rows.h"

namespace clientele::saga {
namespace {

// While more is due than may run at once, the next look comes sooner.
constexpr absl::Duration kCrowdedPoll = absl::Milliseconds(50);
// How long Stop waits for the leases to be released; past it they run out by themselves.
constexpr absl::Duration kReleaseTime = absl::Seconds(2);

}  // namespace

bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return true;
    case absl::StatusCode::kPermissionDenied:
      return ReasonOf(status) == "PERMISSION_DENIED";
    case absl::StatusCode::kInvalidArgument: {
      const std::string reason = ReasonOf(status);
      return reason == "REQUEST_ID_REUSED" || reason == "INVALID_METADATA" || reason == "INVALID_CONSISTENCY";
    }
    default:
      return false;
  }
}

class Runner::Impl {
 public:
  Impl(RunnerOptions options, const Clock& clock, pg::Executor& executor, std::vector<Definition> definitions)
      : options_(std::move(options)),
        lease_{options_.owner, options_.lease},
        work_(std::make_shared<GatedExecutor>(executor)),
        joiners_(*work_),
        execution_({lease_, options_.poll}, clock, *work_, std::move(definitions),
                   [this](const std::string& id, const Outcome* outcome) {
                     if (outcome != nullptr) {
                       joiners_.Answer(id, *outcome);
                     } else {
                       joiners_.Watch(id);
                     }
                   }) {}

  const std::string& owner() const { return options_.owner; }

  void Start() {
    Claim();
    RenewLater();
  }

  void Stop() {
    {
      MutexLock lock(&mutex_);
      if (stopped_) return;
      stopped_ = true;
    }
    work_->Close();
    Release();
    joiners_.Refuse();
    execution_.Clear();
  }

  void Begin(const std::string& id) {
    if (GatePass pass{work_->gate()}) execution_.Begin(id);
  }

  void Join(const std::string& id, absl::Time deadline, std::function<void(Outcome)> done) {
    GatePass pass(work_->gate());
    if (!pass) return done({Joiners::StillRunning(id), {}});
    joiners_.Add(id, deadline, std::move(done));
    // After Add: a saga that ends between the two finds the waiter, or is found by the look-up.
    if (!execution_.Holds(id)) joiners_.Watch(id);
  }

 private:
  void Claim() {
    const int limit = options_.max_running - execution_.TakenOver();
    if (limit <= 0) return ClaimLater(kCrowdedPoll);
    work_->OnLane(pg::Lane::kBulk, [this, limit](absl::StatusOr<pg::Session*> session) {
      if (!session.ok()) return ClaimLater(options_.poll);
      const absl::Time until = absl::Now() + options_.lease;
      absl::StatusOr<std::vector<Row>> claimed = ClaimDue(**session, lease_, execution_.kinds(), limit);
      if (!claimed.ok()) return ClaimLater(options_.poll);
      const bool more = static_cast<int>(claimed->size()) == limit;
      for (Row& row : *claimed) execution_.Take(std::move(row), until);
      ClaimLater(more ? kCrowdedPoll : options_.poll);
    });
  }

  // With jitter, so that replicas that started together do not look together.
  void ClaimLater(absl::Duration delay) {
    const Backoff jitter{delay, delay, 1.0};
    work_->Later(jitter.Delay(1), [this] { Claim(); });
  }

  void RenewLater() {
    work_->Later(options_.lease / 3, [this] {
      execution_.Renew();
      RenewLater();
    });
  }

  void Release() {
    const auto released = std::make_shared<Signal>();
    pg::Job job;
    job.run = [released, owner = options_.owner](absl::StatusOr<pg::Session*> session) {
      // Where it fails the leases run out by themselves.
      if (session.ok()) ReleaseLeases(**session, owner).IgnoreError();
      released->Raise();
    };
    if (work_->executor().Submit(pg::Lane::kWrite, std::move(job)).ok()) released->Await(kReleaseTime);
  }

  const RunnerOptions options_;
  const Lease lease_;
  const std::shared_ptr<GatedExecutor> work_;
  Joiners joiners_;
  Execution execution_;
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

Runner::Runner(RunnerOptions options, const Clock& clock, pg::Executor& executor, std::vector<Definition> definitions)
    : impl_(std::make_unique<Impl>(std::move(options), clock, executor, std::move(definitions))) {}

Runner::~Runner() { impl_->Stop(); }

const std::string& Runner::owner() const { return impl_->owner(); }

void Runner::Start() { impl_->Start(); }

void Runner::Stop() { impl_->Stop(); }

void Runner::Begin(const std::string& id) { impl_->Begin(id); }

void Runner::Join(const std::string& id, absl::Time deadline, std::function<void(Outcome)> done) {
  impl_->Join(id, deadline, std::move(done));
}

}  // namespace clientele::saga
