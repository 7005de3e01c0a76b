#include "common/events/retention.h"

#include <utility>

#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/events/feed.h"
#include "common/obs/log.h"

namespace clientele::events {

// Lives as long as a round is queued.
class Retention::Rounds : public std::enable_shared_from_this<Rounds> {
 public:
  Rounds(const Clock& clock, pg::Executor& executor, absl::Duration interval)
      : clock_(clock), executor_(executor), interval_(interval) {}

  void Queue() {
    pg::Job job;
    job.run = [self = shared_from_this()](absl::StatusOr<pg::Session*> session) { self->Run(std::move(session)); };
    executor_.SubmitAfter(interval_, pg::Lane::kBulk, std::move(job));
  }

  void Stop() {
    MutexLock lock(&mutex_);
    stopped_ = true;
    while (running_) idle_.Wait(&mutex_);
  }

 private:
  void Run(absl::StatusOr<pg::Session*> session) {
    {
      MutexLock lock(&mutex_);
      // An executor that stops takes no more work.
      if (stopped_ || ReasonOf(session.status()) == "SHUTTING_DOWN") return;
      running_ = true;
    }
    if (session.ok()) {
      const auto purged = Purge(**session, clock_.Now());
      if (!purged.ok()) obs::Log(obs::Level::kWarning, "purge failed", {{"reason", purged.status().message()}});
    }
    bool again = false;
    {
      MutexLock lock(&mutex_);
      again = !stopped_;
    }
    // Not under the lock: an executor that stops runs what it refuses at once.
    if (again) Queue();
    MutexLock lock(&mutex_);
    running_ = false;
    idle_.NotifyAll();
  }

  const Clock& clock_;
  pg::Executor& executor_;
  const absl::Duration interval_;
  Mutex mutex_;
  CondVar idle_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
};

Retention::Retention(const Clock& clock, pg::Executor& executor, absl::Duration interval)
    : rounds_(std::make_shared<Rounds>(clock, executor, interval)) {}

Retention::~Retention() { Stop(); }

void Retention::Start() { rounds_->Queue(); }

void Retention::Stop() { rounds_->Stop(); }

}  // namespace clientele::events
