#include "common/rpc/completion_loop.h"

#include <grpc/support/time.h>

#include <utility>

namespace clientele::rpc {
namespace {

// What is for later waits for so much at most: as many as a batch of point reads takes in.
constexpr int kMostTaken = 64;

}  // namespace

CompletionLoop::CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : queue_(std::move(queue)), thread_([this] { Run(); }) {}

CompletionLoop::~CompletionLoop() { Stop(); }

bool CompletionLoop::Post(std::function<void()> work) {
  MutexLock lock(&mutex_);
  if (stopped_) return false;
  posted_.push_back(std::move(work));
  Ring();
  return true;
}

void CompletionLoop::Ring() {
  if (!rung_) bell_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_MONOTONIC), Tag(this));
  rung_ = true;
}

void CompletionLoop::Stop() {
  {
    MutexLock lock(&mutex_);
    if (!stopped_) {
      posted_.emplace_back([this] { closing_ = true; });
      Ring();
    }
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
  taken_ = 0;
  std::vector<std::function<void()>> later;
  later.swap(later_);
  for (const auto& work : later) work();
}

void CompletionLoop::Close() {
  closing_ = false;
  closed_ = true;
  for (grpc::ClientContext* call : calls_) call->TryCancel();
  queue_->Shutdown();
}

void CompletionLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (true) {
    const auto next = queue_->AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
    if (next == grpc::CompletionQueue::SHUTDOWN) return RunLater();
    if (next == grpc::CompletionQueue::TIMEOUT) {
      RunLater();
      if (!later_.empty()) continue;
      if (closing_) Close();
      if (!queue_->Next(&tag, &ok)) return;
    } else if (++taken_ >= kMostTaken) {
      RunLater();
    }
    static_cast<Completion*>(tag)->Completed(ok);
  }
}

}  // namespace clientele::rpc
