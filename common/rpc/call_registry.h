#pragma once

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "common/core/mutex.h"

namespace clientele::rpc {

class OpenCall;

// The calls that wait for an answer, in the order of their deadlines. One thread answers those whose deadline passes:
// a timer of its own for each call would cost two thread hand-offs a call, even for those that never need it.
class CallRegistry {
 public:
  CallRegistry();
  ~CallRegistry();
  CallRegistry(const CallRegistry&) = delete;
  CallRegistry& operator=(const CallRegistry&) = delete;

  // False once Drain has begun.
  bool Add(std::shared_ptr<OpenCall> call);
  void Remove(const OpenCall& call);
  int size() const;

  // Lets nothing in any more and waits until nothing is left, at most until `deadline` or until `hurry` says so; then
  // answers the rest. On one thread at a time; no deadline is watched any more when it returns.
  bool Drain(absl::Time deadline, const std::function<bool()>& hurry);

 private:
  using Key = std::pair<absl::Time, const OpenCall*>;

  void WatchDeadlines();
  void EndWatch();

  mutable Mutex mutex_;
  CondVar earlier_;  // a deadline before wake_, or the end
  CondVar empty_;
  std::map<Key, std::shared_ptr<OpenCall>> open_ ABSL_GUARDED_BY(mutex_);
  absl::Time wake_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // when the thread looks next
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread watch_;
};

}  // namespace clientele::rpc
