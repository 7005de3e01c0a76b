#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"

namespace clientele::pg {

// One lane of an Executor: its queue and its workers. Private to common/pg. Thread-safe.
class WorkerLane {
 public:
  // One worker for each of `sessions`.
  WorkerLane(std::string name, LaneOptions options, std::vector<std::unique_ptr<Session>> sessions);
  ~WorkerLane();
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;

  // As Executor::Submit. `job` is moved from only where it is taken.
  absl::Status Submit(Job& job);
  // True while a worker has a connection.
  bool Ready() const;
  // True while no worker can get a connection.
  bool Away() const;
  LaneStatistics Statistics() const;
  // Finishes what runs and refuses what waits. Idempotent.
  void Stop();
  // Breaks the connections under whatever runs; see Session::Abort.
  void Abort();

 private:
  enum class Found { kJob, kNothing, kStop };
  struct Worker {
    std::unique_ptr<Session> session;
    CondVar wake;        // a job came, or the lane stops
    uint64_t taken = 0;  // the lane's count when it took its last job
  };

  void Work(Worker& worker);
  // Tries until it has a connection; false where the lane stops first.
  bool Connect(Session& session);
  // Runs jobs while there is a connection and the lane does not stop.
  void Serve(Worker& worker);
  // Waits for a job, for a while.
  Found Next(Worker& worker, Job& job);
  // Waits until a job or the end of the lane wakes it, for a while. One idle worker watches the busy ones meanwhile.
  void WaitIdle(Worker& worker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Idle(const Worker& worker) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True where no idle worker need be woken for it.
  bool LeftToTheBusy(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True while a worker is not idle: unless it is stuck, it will look at the queue.
  bool Awake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return static_cast<int>(idle_.size()) < connected_; }
  void Run(Job& job, Session& session);
  std::deque<Job> TakeAll();
  int workers() const { return static_cast<int>(workers_.size()); }

  const std::string name_;
  const LaneOptions options_;
  std::deque<Worker> workers_;  // all of them from the start on

  mutable Mutex mutex_;
  CondVar stop_;  // the lane stops
  // Workers that wait for a job. The one that came last takes the next: its memory and its backend's are in the caches.
  std::vector<Worker*> idle_ ABSL_GUARDED_BY(mutex_);
  bool watched_ ABSL_GUARDED_BY(mutex_) = false;  // an idle worker looks whether the others take jobs
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;    // jobs that workers took
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  int connected_ ABSL_GUARDED_BY(mutex_) = 0;
  int away_ ABSL_GUARDED_BY(mutex_) = 0;  // workers whose last attempt to connect failed
  Mutex joining_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(joining_);
};

}  // namespace clientele::pg
