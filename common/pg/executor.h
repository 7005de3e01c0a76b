#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/pg/session.h"

namespace clientele::pg {

enum class Lane { kRead, kWrite, kBulk, kList };
inline constexpr int kLaneCount = 4;

struct LaneOptions {
  int workers = 2;         // connections
  int queue_limit = 1024;  // jobs that wait; one more is refused
  // Ceiling of one statement in this lane, and of its wait for a lock; they take the place of the session options' own.
  absl::Duration statement_timeout = absl::Seconds(5);
  absl::Duration lock_timeout = absl::Seconds(2);
  // A job that a busy worker may take along (Job::spent) is left to it while others are idle, as long as it takes
  // something each time so long passes: one statement for many costs less than two. Else an idle one takes the job: it
  // waits behind a slow statement for this long, or twice. Zero: an idle one takes it at once.
  absl::Duration patience = absl::ZeroDuration();
};

struct ExecutorOptions {
  SessionOptions session;
  LaneOptions read{2, 2048, absl::Seconds(5), absl::Seconds(2), absl::Milliseconds(5)};
  // Whoever waits for a lock keeps one of few connections from all commands: those that want the row try again.
  LaneOptions write{2, 1024, absl::Seconds(5), absl::Milliseconds(50)};
  LaneOptions bulk{1, 128, absl::Seconds(30)};
  // Pages share no statement, as reads of one row do: more workers answer more of them at a time.
  LaneOptions list{4, 1024};
  // Jobs of the write lane that run at the same time, each on a thread; they share the lane's connections.
  int commands = 32;
};

// Point reads that one statement answers, at most (see PointReads).
inline constexpr size_t kMaxBatch = 64;

// Work for a worker that has a session.
struct Job {
  // Real time; past it the job is dropped before it costs anything.
  absl::Time deadline = absl::InfiniteFuture();
  // Set once nobody waits any more. May be null.
  std::shared_ptr<const std::atomic<bool>> abandoned;
  // Set once another job has taken this one's work along: a worker drops it. May be null.
  std::shared_ptr<const std::atomic<bool>> spent;
  // Runs exactly once, unless spent, on the worker, or where the job is refused after it was queued: with a connected
  // session, or with the reason why there is none: DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (DATABASE_UNAVAILABLE, or
  // SHUTTING_DOWN where the executor stops: then nothing may be submitted again), RESOURCE_EXHAUSTED/OVERLOADED (the
  // lane was full when the delay of SubmitAfter was over).
  std::function<void(absl::StatusOr<Session*>)> run;
};

// What a job is told that was dropped in the queue: DEADLINE_EXCEEDED or CANCELLED.
absl::Status ExpiredInQueue();
absl::Status Abandoned();

struct LaneStatistics {
  int queued = 0;
  int busy = 0;
};

// The workers of one binary: each is a thread with a connection of its own; the bounded queue of a lane is its pool.
// The write lane has more workers than connections: what they ask of the database at the same time and is alike is one
// statement (see WriteStatement). A worker that loses its connection reconnects, with backoff. Where a lane has no
// worker left that has one, what waits is answered UNAVAILABLE and what comes is refused: no job waits for a database
// that is away. Thread-safe.
class Executor {
 public:
  explicit Executor(const ExecutorOptions& options);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // RESOURCE_EXHAUSTED/OVERLOADED with RetryInfo where the lane is full, UNAVAILABLE where the database is away or the
  // executor stops; then `job.run` is not called.
  absl::Status Submit(Lane lane, Job job);
  // Submits after `delay` (real time), or runs the job with the refusal of Submit, at once when the executor stops.
  void SubmitAfter(absl::Duration delay, Lane lane, Job job);

  // True while a worker of every lane has a connection and the database answers.
  bool Ready() const;
  LaneStatistics Statistics(Lane lane) const;

  // What still runs when `patience` is over loses its connection, as in a crash: an end must not wait for a database
  // that does not answer. Comes before Stop, and before whatever waits for jobs of its own to end.
  void CutOffAfter(absl::Duration patience);
  // Finishes what runs, refuses what waits, joins the threads. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clientele::pg
