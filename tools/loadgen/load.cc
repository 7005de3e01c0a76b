#include "tools/loadgen/load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace clientele::loadgen {
namespace {

// An open loop that runs into this many unanswered calls measures its own queue.
constexpr int64_t kMaxOut = 20000;

}  // namespace

struct Load::Flight {
  absl::Time due;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> call;
};

Load::Load(LoadOptions options, const Requests& requests, const std::vector<std::shared_ptr<grpc::Channel>>& channels)
    : options_(std::move(options)), requests_(requests), end_(options_.end) {
  for (const auto& channel : channels) stubs_.emplace_back(channel);
  for (const std::string& token : requests.tokens) authorizations_.push_back(absl::StrCat("Bearer ", token));
  taker_ = std::thread([this] { TakeAnswers(); });
}

Load::~Load() {
  answers_.Shutdown();
  taker_.join();
}

void Load::Send() {
  if (options_.rate > 0) return SendOpen();
  for (int i = 0; i < options_.in_flight; ++i) Next(absl::Now());
  MutexLock lock(&mutex_);
  for (absl::Time now = absl::Now(); now < end_; now = absl::Now()) changed_.WaitFor(&mutex_, end_ - now);
}

void Load::SendOpen() {
  const absl::Duration distance = absl::Seconds(1) / options_.rate;
  absl::Time due = absl::Now();
  do {
    due += distance;
    absl::SleepFor(due - absl::Now());
  } while (Next(due));
}

bool Load::Next(absl::Time due) {
  const uint64_t n = next_.fetch_add(1);
  {
    MutexLock lock(&mutex_);
    if (due >= end_) return false;
    if (!options_.repeat && n >= requests_.requests.size()) {
      end_ = due;
      result_.exhausted = true;
      changed_.NotifyAll();
      return false;
    }
    if (options_.rate > 0 && out_ >= kMaxOut) {
      ++result_.errors;
      result_.first_error = "more calls wait for an answer than the open loop keeps";
      return true;
    }
    ++out_;
  }
  const Requests::Request& request = requests_.requests[n % requests_.requests.size()];
  auto flight = std::make_unique<Flight>();
  flight->due = due;
  flight->context.AddMetadata("authorization", authorizations_[request.token]);
  flight->context.set_deadline(absl::ToChronoTime(absl::Now() + options_.deadline));
  // Not copied: the requests outlive the calls.
  const grpc::Slice slice(request.message.data(), request.message.size(), grpc::Slice::STATIC_SLICE);
  flight->call = stubs_[n % stubs_.size()].PrepareUnaryCall(&flight->context, options_.method,
                                                            grpc::ByteBuffer(&slice, 1), &answers_);
  flight->call->StartCall();
  Flight* const tag = flight.release();
  tag->call->Finish(&tag->response, &tag->status, tag);
  return true;
}

void Load::TakeAnswers() {
  void* tag = nullptr;
  bool ok = false;
  while (answers_.Next(&tag, &ok)) {
    const std::unique_ptr<const Flight> flight(static_cast<const Flight*>(tag));
    Count(*flight);
    if (options_.rate == 0) Next(absl::Now());
    Leave();
  }
}

void Load::Count(const Flight& flight) {
  const absl::Time now = absl::Now();
  MutexLock lock(&mutex_);
  if (!flight.status.ok()) {
    if (result_.errors++ == 0) {
      result_.first_error =
          absl::StrCat(static_cast<int>(flight.status.error_code()), ": ", flight.status.error_message());
    }
    return;
  }
  const absl::Time when = options_.rate > 0 ? flight.due : now;
  if (when >= options_.measure_from && when < end_) {
    result_.latencies.Record(absl::ToInt64Microseconds(now - flight.due));
  }
}

void Load::Leave() {
  MutexLock lock(&mutex_);
  if (--out_ == 0) changed_.NotifyAll();
}

LoadResult Load::Finish() {
  MutexLock lock(&mutex_);
  while (out_ > 0) changed_.Wait(&mutex_);
  result_.measured = std::max(end_ - options_.measure_from, absl::ZeroDuration());
  return std::move(result_);
}

}  // namespace clientele::loadgen
