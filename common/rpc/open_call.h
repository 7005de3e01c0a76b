#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/call.h"
#include "common/rpc/message_bytes.h"

namespace clientele::rpc {

class CallRegistry;
class CompletionLoop;
class WireCall;
struct MethodRecord;

// The guard of a call on the wire: whoever claims it first answers it (handler, deadline, caller who went away, drain),
// and everybody else's answer is dropped. The wire's call is touched by the claimant alone, and never after Answer; on
// the loop's thread it is there until the loop goes on. Thread-safe.
class OpenCall : public std::enable_shared_from_this<OpenCall> {
 public:
  OpenCall();
  virtual ~OpenCall();
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

  // Takes the request from the wire; false where the bytes are none of its type. Once.
  virtual bool Parse(grpc::ByteBuffer& bytes) = 0;
  virtual const google::protobuf::Message& request() const = 0;
  virtual bool on_worker() const = 0;
  // What the handler's own check finds; ok where it has none.
  virtual absl::Status Check() const = 0;
  // Runs the handler and answers. Begin for those that do not run on a worker.
  virtual void Begin() = 0;
  virtual void Work(pg::Session& session) = 0;

  // `record` is that of its method. Once.
  void Attach(WireCall& wire, const MethodRecord& record);
  // Puts the call among the open ones. `deadline` is when it is answered at the latest. False while they are drained.
  bool Register(CallRegistry* registry, absl::Time deadline);

  // Answers an error, if nobody has answered yet.
  void Refuse(const absl::Status& status);
  // The same without a look at the handler's consistency, which the handler may be writing.
  void Interrupt(const absl::Status& status);
  // The caller went away.
  void Cancelled();

  bool answered() const { return answered_->load(std::memory_order_acquire); }
  const std::shared_ptr<Call>& call() const { return call_; }
  WireCall& wire() { return *wire_; }
  CompletionLoop& loop() { return *loop_; }
  const MethodRecord& record() const { return *record_; }
  absl::Time deadline() const { return deadline_; }

 protected:
  // True for the first who asks: it must Complete.
  bool Claim() { return !answered_->exchange(true, std::memory_order_acq_rel); }
  // Hides what the caller may not read, then sends the answer.
  void CompleteWith(google::protobuf::Message& response);

 private:
  void Complete(const absl::Status& status, bool with_consistency, grpc::ByteBuffer&& message);
  void Report(const grpc::Status& status, const absl::Status& cause) const;

  // Shared with the call, which may outlive the guard.
  const std::shared_ptr<std::atomic<bool>> answered_;
  const std::shared_ptr<Call> call_;
  const absl::Time started_;
  const MethodRecord* record_ = nullptr;
  WireCall* wire_ = nullptr;
  CompletionLoop* loop_ = nullptr;
  CallRegistry* registry_ = nullptr;
  absl::Time deadline_ = absl::InfiniteFuture();
};

template <class Request, class Response>
class TypedCall final : public OpenCall {
 public:
  explicit TypedCall(const Handler<Request, Response>& handler) : handler_(&handler) {}

  bool Parse(grpc::ByteBuffer& bytes) override { return ParseBytes(bytes, *request_); }

  const google::protobuf::Message& request() const override { return *request_; }
  bool on_worker() const override { return handler_->begin == nullptr; }
  absl::Status Check() const override {
    return handler_->check == nullptr ? absl::OkStatus() : handler_->check(*call(), *request_);
  }

  void Begin() override {
    handler_->begin(call(), request_,
                    [self = std::static_pointer_cast<TypedCall>(shared_from_this())](absl::StatusOr<Response> answer) {
                      self->Answer(std::move(answer));
                    });
  }
  void Work(pg::Session& session) override {
    if (handler_->fill == nullptr) return Answer(handler_->work(session, *call(), *request_));
    google::protobuf::Arena arena;
    auto* const response = google::protobuf::Arena::CreateMessage<Response>(&arena);
    const absl::Status filled = handler_->fill(session, *call(), *request_, *response);
    if (!filled.ok()) return Refuse(filled);
    if (Claim()) CompleteWith(*response);
  }

 private:
  void Answer(absl::StatusOr<Response> answer) {
    if (!answer.ok()) return Refuse(answer.status());
    if (Claim()) CompleteWith(*answer);
  }

  const std::shared_ptr<Request> request_ = std::make_shared<Request>();
  const Handler<Request, Response>* const handler_;
};

}  // namespace clientele::rpc
