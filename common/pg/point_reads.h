#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"

namespace clientele::pg {

// Natural batching of reads of one row: a worker that comes free takes up to kMaxBatch keys that wait and runs one
// statement over all of them. An idle system batches one and adds no latency: no timer gathers keys. While a worker is
// busy, others leave it what comes (LaneOptions::patience). Thread-safe; must outlive the executor's jobs.
template <class Key, class Value>
class PointReads {
 public:
  // Answers one value for each key, in the order of the keys.
  using Fetch = std::function<absl::StatusOr<std::vector<Value>>(Session&, const std::vector<Key>&)>;
  // Runs on the worker.
  using Done = std::function<void(absl::StatusOr<Value>)>;

  PointReads(Executor& executor, Fetch fetch) : executor_(executor), fetch_(std::move(fetch)) {}

  // `job.run` is ignored; deadline and abandonment are `job`'s. Not ok where the lane is full; then `done` is not
  // called.
  absl::Status Read(Key key, Job job, Done done) {
    auto pending = std::make_shared<Pending>(std::move(key), std::move(done), job);
    {
      MutexLock lock(&mutex_);
      waiting_.push_back(pending);
    }
    // One job a key keeps the lane's bound true; a job whose key an earlier one took has nothing left to do.
    job.abandoned = nullptr;
    job.deadline = absl::InfiniteFuture();
    job.spent = {pending, &pending->taken};
    job.run = [this, pending](absl::StatusOr<Session*> session) { Drain(std::move(session), pending); };
    absl::Status status = executor_.Submit(Lane::kRead, std::move(job));
    if (!status.ok() && Take(pending)) return status;
    return absl::OkStatus();
  }

 private:
  struct Pending {
    Pending(Key key, Done done, const Job& job)
        : key(std::move(key)), done(std::move(done)), deadline(job.deadline), abandoned(job.abandoned) {}
    Key key;
    Done done;
    absl::Time deadline;
    std::shared_ptr<const std::atomic<bool>> abandoned;
    std::atomic<bool> taken{false};  // written under mutex_
  };

  // False where a worker took it already.
  bool Take(const std::shared_ptr<Pending>& pending) {
    MutexLock lock(&mutex_);
    if (pending->taken) return false;
    pending->taken = true;
    // While a lane refuses everything no batch is taken, and nothing else would ever clear the queue.
    while (!waiting_.empty() && waiting_.back()->taken) waiting_.pop_back();
    while (!waiting_.empty() && waiting_.front()->taken) waiting_.pop_front();
    return true;
  }

  // Takes `mine` first, which no other job may come for.
  std::vector<std::shared_ptr<Pending>> TakeBatch(const std::shared_ptr<Pending>& mine) {
    std::vector<std::shared_ptr<Pending>> batch;
    MutexLock lock(&mutex_);
    if (!mine->taken.exchange(true)) batch.push_back(mine);
    while (!waiting_.empty() && batch.size() < kMaxBatch) {
      if (!waiting_.front()->taken) {
        waiting_.front()->taken = true;
        batch.push_back(std::move(waiting_.front()));
      }
      waiting_.pop_front();
    }
    return batch;
  }

  void Drain(absl::StatusOr<Session*> session, const std::shared_ptr<Pending>& mine) {
    if (!session.ok()) {
      if (Take(mine)) mine->done(session.status());
      return;
    }
    std::vector<Key> keys;
    std::vector<std::shared_ptr<Pending>> live;
    for (auto& pending : TakeBatch(mine)) {
      if (absl::Now() >= pending->deadline) {
        pending->done(ExpiredInQueue());
      } else if (pending->abandoned != nullptr && *pending->abandoned) {
        pending->done(Abandoned());
      } else {
        keys.push_back(std::move(pending->key));
        live.push_back(std::move(pending));
      }
    }
    if (live.empty()) return;
    absl::StatusOr<std::vector<Value>> values = fetch_(**session, keys);
    for (size_t i = 0; i < live.size(); ++i) {
      if (values.ok()) {
        live[i]->done(std::move((*values)[i]));
      } else {
        live[i]->done(ForCaller(values.status()));
      }
    }
  }

  Executor& executor_;
  const Fetch fetch_;
  Mutex mutex_;
  std::deque<std::shared_ptr<Pending>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// What `statement` finds of `count` keys, at their places; nullopt where it finds none. It selects the key's place,
// then what `read` takes: SELECT given.place, … FROM <GivenRows> AS given JOIN ….
template <class T>
absl::StatusOr<std::vector<std::optional<T>>> FetchByPlace(Session& session, const Statement& statement,
                                                           const Params& keys, size_t count, T (*read)(RowReader&)) {
  const absl::StatusOr<Rows> rows = session.Read(statement, keys);
  if (!rows.ok()) return rows.status();
  std::vector<std::optional<T>> found(count);
  for (int i = 0; i < rows->size(); ++i) {
    RowReader row(*rows, i);
    const int64_t place = row.Int();
    found[place - 1] = read(row);
  }
  return found;
}

}  // namespace clientele::pg
