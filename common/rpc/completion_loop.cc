#include "common/rpc/completion_loop.h"

#include <grpc/support/time.h>

#include <utility>

namespace clientele::rpc {

CompletionLoop::CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : queue_(std::move(queue)), thread_([this] { Run(); }) {}

CompletionLoop::~CompletionLoop() { Stop(); }

bool CompletionLoop::Post(std::function<void()> work) {
  MutexLock lock(&mutex_);
  if (stopped_) return false;
  posted_.push_back(std::move(work));
  if (!rung_) bell_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC), Tag(this));
  rung_ = true;
  return true;
}

void CompletionLoop::Stop() {
  // Last of all that is posted: an operation that is begun on a queue that was shut down ends the process.
  Post([this] {
    RunLater();
    for (grpc::ClientContext* call : calls_) call->TryCancel();
    queue_->Shutdown();
  });
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void CompletionLoop::Completed(bool) {
  std::vector<std::function<void()>> posted;
  {
    MutexLock lock(&mutex_);
    posted.swap(posted_);
    rung_ = false;
  }
  for (const auto& work : posted) work();
}

void CompletionLoop::RunLater() {
  while (!later_.empty()) {
    std::vector<std::function<void()>> later;
    later.swap(later_);
    for (const auto& work : later) work();
  }
}

void CompletionLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (true) {
    const auto next = queue_->AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    if (next == grpc::CompletionQueue::SHUTDOWN) return;
    if (next == grpc::CompletionQueue::TIMEOUT) {
      RunLater();
      if (!queue_->Next(&tag, &ok)) return;
    }
    static_cast<Completion*>(tag)->Completed(ok);
  }
}

}  // namespace clientele::rpc
