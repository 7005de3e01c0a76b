#include "common/pg/lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/error.h"

namespace clientele::pg {
namespace {

// How often an idle worker looks whether its connection is still there.
constexpr absl::Duration kIdleCheck = absl::Seconds(1);
constexpr Backoff kReconnect{absl::Milliseconds(50), absl::Seconds(2), 2.0};

absl::Status ShuttingDown() {
  return WithRetry(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the service is stopping; try again"),
                   absl::Seconds(1));
}

}  // namespace

WorkerLane::WorkerLane(std::string name, LaneOptions options, std::vector<std::unique_ptr<Session>> sessions)
    : name_(std::move(name)), options_(options), workers_(sessions.size()) {
  for (size_t i = 0; i < sessions.size(); ++i) workers_[i].session = std::move(sessions[i]);
  MutexLock lock(&joining_);
  for (Worker& worker : workers_) threads_.emplace_back([this, &worker] { Work(worker); });
}

WorkerLane::~WorkerLane() { Stop(); }

absl::Status WorkerLane::Submit(Job& job) {
  Worker* idle = nullptr;
  {
    MutexLock lock(&mutex_);
    if (stopping_) return ShuttingDown();
    if (away_ >= workers()) return DatabaseUnavailable();
    if (static_cast<int>(queue_.size()) >= options_.queue_limit) {
      return WithRetry(
          MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                    absl::StrCat("too many requests wait in the lane ", name_, "; try again"), {{"lane", name_}}),
          absl::Milliseconds(200));
    }
    const bool left = LeftToTheBusy(job);
    queue_.push_back(std::move(job));
    if (!idle_.empty() && !left) {
      idle = idle_.back();
      idle_.pop_back();
    }
  }
  if (idle != nullptr) idle->wake.NotifyOne();
  return absl::OkStatus();
}

bool WorkerLane::LeftToTheBusy(const Job& job) const {
  // Jobs of the batch that runs may still lie in the queue.
  return job.spent != nullptr && watched_ && Awake() && queue_.size() < 2 * kMaxBatch;
}

bool WorkerLane::Ready() const {
  MutexLock lock(&mutex_);
  return connected_ > 0 && !stopping_;
}

bool WorkerLane::Away() const {
  MutexLock lock(&mutex_);
  return away_ >= workers();
}

LaneStatistics WorkerLane::Statistics() const {
  MutexLock lock(&mutex_);
  return {static_cast<int>(queue_.size()), busy_};
}

void WorkerLane::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (Worker& worker : workers_) worker.wake.NotifyAll();
  stop_.NotifyAll();
  {
    MutexLock lock(&joining_);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  for (Job& job : TakeAll()) job.run(ShuttingDown());
}

void WorkerLane::Abort() {
  for (const Worker& worker : workers_) worker.session->Abort();
}

std::deque<Job> WorkerLane::TakeAll() {
  std::deque<Job> jobs;
  MutexLock lock(&mutex_);
  jobs.swap(queue_);
  return jobs;
}

void WorkerLane::Work(Worker& worker) {
  while (Connect(*worker.session)) Serve(worker);
  worker.session->Close();
}

bool WorkerLane::Connect(Session& session) {
  for (int attempt = 1;; ++attempt) {
    {
      MutexLock lock(&mutex_);
      if (stopping_) return false;
    }
    const bool connected = session.Connect().ok();
    bool refuse = false;
    {
      MutexLock lock(&mutex_);
      if (connected && attempt > 1) --away_;
      if (!connected && attempt == 1) ++away_;
      refuse = away_ >= workers();
    }
    if (connected) return true;
    if (refuse) {
      for (Job& job : TakeAll()) job.run(DatabaseUnavailable());
    }
    const absl::Time next = absl::Now() + kReconnect.Delay(attempt);
    MutexLock lock(&mutex_);
    for (absl::Time now = absl::Now(); now < next && !stopping_; now = absl::Now()) stop_.WaitFor(&mutex_, next - now);
  }
}

void WorkerLane::Serve(Worker& worker) {
  Session& session = *worker.session;
  {
    MutexLock lock(&mutex_);
    ++connected_;
  }
  bool stopping = false;
  while (!stopping && session.connected()) {
    Job job;
    const Found found = Next(worker, job);
    stopping = found == Found::kStop;
    // A connection may have died while nobody used it; Run mends that before the job sees it.
    if (!stopping) session.Alive();
    if (found == Found::kJob) {
      Run(job, session);
      MutexLock lock(&mutex_);
      --busy_;
    }
  }
  MutexLock lock(&mutex_);
  --connected_;
}

WorkerLane::Found WorkerLane::Next(Worker& worker, Job& job) {
  std::vector<Job> spent;  // die outside the lock
  MutexLock lock(&mutex_);
  if (queue_.empty() && !stopping_) WaitIdle(worker);
  if (stopping_) return Found::kStop;
  while (!queue_.empty() && queue_.front().spent != nullptr && *queue_.front().spent) {
    spent.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (queue_.empty()) return Found::kNothing;
  job = std::move(queue_.front());
  queue_.pop_front();
  ++busy_;
  worker.taken = ++taken_;
  return Found::kJob;
}

void WorkerLane::WaitIdle(Worker& worker) {
  idle_.push_back(&worker);
  // Where the others took nothing since, they may be stuck: then this one is woken for each job that comes.
  const bool watches = options_.patience > absl::ZeroDuration() && !watched_ && Awake() && taken_ != worker.taken;
  if (watches) {
    watched_ = true;
    const absl::Time check = absl::Now() + kIdleCheck;
    uint64_t before = 0;
    do {
      before = taken_;
      worker.wake.WaitFor(&mutex_, options_.patience);
    } while (taken_ != before && Idle(worker) && !stopping_ && absl::Now() < check);
    watched_ = false;
  }
  if (queue_.empty() && Idle(worker) && !stopping_) worker.wake.WaitFor(&mutex_, kIdleCheck);
  // Still there where no job woke it.
  idle_.erase(std::remove(idle_.begin(), idle_.end(), &worker), idle_.end());
  // It takes one; nobody was woken for the others that were left.
  if (watches && queue_.size() > 1 && !idle_.empty()) idle_.back()->wake.NotifyOne();
}

bool WorkerLane::Idle(const Worker& worker) const {
  return std::find(idle_.begin(), idle_.end(), &worker) != idle_.end();
}

void WorkerLane::Run(Job& job, Session& session) {
  if (absl::Now() >= job.deadline) {
    job.run(ExpiredInQueue());
  } else if (job.abandoned != nullptr && *job.abandoned) {
    job.run(Abandoned());
  } else if (!session.connected() && !session.Connect().ok()) {
    job.run(DatabaseUnavailable());
  } else {
    job.run(&session);
  }
}

}  // namespace clientele::pg
