#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/core/mutex.h"
#include "tools/loadgen/histogram.h"
#include "tools/loadgen/requests.h"

namespace clientele::loadgen {

struct LoadOptions {
  std::string method;  // /package.Service/Method
  // Closed loop: so many calls are in flight, each replaced as it ends. Open loop, where `rate` is set: so many calls a
  // second begin whether or not others have ended; a latency counts from when its call was to begin.
  int in_flight = 64;
  double rate = 0;
  // From the first request on again when all were sent; otherwise the load ends with them.
  bool repeat = false;
  absl::Duration deadline = absl::Seconds(10);
  absl::Time measure_from;
  absl::Time end;
};

struct LoadResult {
  // Closed loop: of calls that ended while it was measured, with their wait for the thread that takes the answers. Open
  // loop: of those that were due then.
  Histogram latencies;
  absl::Duration measured;
  bool exhausted = false;  // the requests were used up before the end
  int64_t errors = 0;      // of all calls
  std::string first_error;
};

// One thread takes the answers and, in the closed loop, sends what comes next: more of them would take more of the CPU
// that is measured.
class Load {
 public:
  Load(LoadOptions options, const Requests& requests, const std::vector<std::shared_ptr<grpc::Channel>>& channels);
  ~Load();  // comes after Finish
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Sends until the end, or until the requests are used up; returns then, with calls in flight.
  void Send();
  // Waits for the answers still out, at most a call's deadline.
  LoadResult Finish();

 private:
  struct Flight;

  // False where the load is over.
  bool Next(absl::Time due);
  void SendOpen();
  void TakeAnswers();
  void Count(const Flight& flight);
  void Leave();

  const LoadOptions options_;
  const Requests& requests_;
  std::vector<grpc::GenericStub> stubs_;
  std::vector<std::string> authorizations_;
  std::atomic<uint64_t> next_{0};
  Mutex mutex_;
  CondVar changed_;
  absl::Time end_ ABSL_GUARDED_BY(mutex_);
  int64_t out_ ABSL_GUARDED_BY(mutex_) = 0;  // calls in flight
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
  grpc::CompletionQueue answers_;
  std::thread taker_;
};

}  // namespace clientele::loadgen
