#include "common/rpc/call_registry.h"

#include <algorithm>
#include <vector>

#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/rpc/method_record.h"
#include "common/rpc/open_call.h"

namespace clientele::rpc {
namespace {

// A wait is cut into such pieces, so that a step of the system's clock delays no deadline for longer.
constexpr absl::Duration kLongestWait = absl::Seconds(1);
constexpr absl::Duration kLookForHurry = absl::Milliseconds(200);

}  // namespace

CallRegistry::CallRegistry() : watch_([this] { WatchDeadlines(); }) {}

CallRegistry::~CallRegistry() { EndWatch(); }

void CallRegistry::EndWatch() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    earlier_.NotifyAll();
  }
  if (watch_.joinable()) watch_.join();
}

bool CallRegistry::Add(std::shared_ptr<OpenCall> call) {
  MutexLock lock(&mutex_);
  if (draining_) return false;
  const absl::Time deadline = call->deadline();
  const OpenCall* address = call.get();
  open_.emplace(Key{deadline, address}, std::move(call));
  if (deadline < wake_) earlier_.NotifyOne();
  return true;
}

void CallRegistry::Remove(const OpenCall& call) {
  std::shared_ptr<OpenCall> last;  // dies outside the lock
  MutexLock lock(&mutex_);
  const auto found = open_.find({call.deadline(), &call});
  if (found == open_.end()) return;
  last = std::move(found->second);
  open_.erase(found);
  if (open_.empty()) empty_.NotifyAll();
}

int CallRegistry::size() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(open_.size());
}

bool CallRegistry::Drain(absl::Time deadline, const std::function<bool()>& hurry) {
  {
    MutexLock lock(&mutex_);
    draining_ = true;
  }
  bool idle = false;
  for (absl::Time now = absl::Now(); !idle && now < deadline && !hurry(); now = absl::Now()) {
    MutexLock lock(&mutex_);
    if (!open_.empty()) empty_.WaitFor(&mutex_, std::min(deadline - now, kLookForHurry));
    idle = open_.empty();
  }
  std::vector<std::shared_ptr<OpenCall>> rest;
  {
    MutexLock lock(&mutex_);
    for (const auto& [key, call] : open_) rest.push_back(call);
  }
  for (const std::shared_ptr<OpenCall>& call : rest) call->Interrupt(ShuttingDown());
  EndWatch();
  return rest.empty();
}

void CallRegistry::WatchDeadlines() {
  std::vector<std::shared_ptr<OpenCall>> late;
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      const absl::Time now = absl::Now();
      wake_ = absl::InfiniteFuture();
      for (const auto& [key, call] : open_) {
        if (key.first > now) wake_ = key.first;
        if (key.first > now) break;
        if (!call->answered()) late.push_back(call);
      }
      if (late.empty()) {
        earlier_.WaitFor(&mutex_, std::min(wake_ - now, kLongestWait));
        continue;
      }
    }
    // Each takes itself out when it is answered.
    for (const std::shared_ptr<OpenCall>& call : late) call->Interrupt(DeadlineExceeded());
    late.clear();
  }
}

}  // namespace clientele::rpc
