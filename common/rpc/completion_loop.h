#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <functional>
#include <memory>
#include <thread>
#include <unordered_set>
#include <vector>

#include "common/core/mutex.h"

namespace clientele::rpc {

// Whoever waits for an operation that was begun on a loop's queue, with Tag(this) as its tag.
class Completion {
 public:
  // On the loop's thread, once for each operation. `ok` is what gRPC says of it.
  virtual void Completed(bool ok) = 0;

 protected:
  ~Completion() = default;
};
inline void* Tag(Completion* completion) { return completion; }

// The one thread of a process that speaks gRPC, for its server and for its calls of others: it takes what happens on
// one completion queue, and runs what other threads post. Nothing that it runs may block.
//
// gRPC's callback API does the same with threads of its own, which pass on one epoll set, contend for each connection
// and wake each other: see tests/bench/README.md for what that costs. So nothing else in the process may use that API,
// or a synchronous service: one idle thread of gRPC's takes every second event away from this one.
class CompletionLoop final : private Completion {
 public:
  // Of a server that is not started yet, or of none: ServerBuilder::AddCompletionQueue().
  explicit CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue);
  // Stops.
  ~CompletionLoop();
  CompletionLoop(const CompletionLoop&) = delete;
  CompletionLoop& operator=(const CompletionLoop&) = delete;

  // A running server's operations are begun on the loop's thread, and none once the queue is closed: that would end the
  // process.
  grpc::ServerCompletionQueue& queue() { return *queue_; }
  bool OnThread() const { return std::this_thread::get_id() == id_; }
  // On the loop's thread alone.
  bool closed() const { return closed_; }

  // Runs `work` on the loop's thread, in the order of the calls, before the queue is closed. False where the loop has
  // been stopped: then it never runs. Any thread.
  bool Post(std::function<void()> work);
  // Runs `work` when nothing more has happened, or soon: what can be done for many at once waits for them. On the
  // loop's thread alone.
  void Later(std::function<void()> work) { later_.push_back(std::move(work)); }

  // Calls of other servers that are on their way: Stop cancels them. On the loop's thread alone.
  void Began(grpc::ClientContext& call) { calls_.insert(&call); }
  void Ended(grpc::ClientContext& call) { calls_.erase(&call); }

  // Returns once every operation has been completed: so shut the server down first, and destroy it afterwards.
  // Idempotent; not from the loop's thread.
  void Stop();

 private:
  void Completed(bool ok) override;
  void Ring() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();
  void RunLater();
  // Ends the calls of others, and the queue.
  void Close();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::function<void()>> later_;
  std::unordered_set<grpc::ClientContext*> calls_;
  int taken_ = 0;         // since what is for later was run
  bool closing_ = false;  // once all that lies in the queue has been looked at
  bool closed_ = false;
  Mutex mutex_;
  grpc::Alarm bell_ ABSL_GUARDED_BY(mutex_);  // wakes the thread for what was posted
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
  bool rung_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
  const std::thread::id id_ = thread_.get_id();
};

}  // namespace clientele::rpc
