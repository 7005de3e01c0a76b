#pragma once

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/rpc/completion_loop.h"

namespace clientele::rpc {

class OpenCall;
class StreamCall;
class StreamHandler;

// One unary call on the wire. Lives until its answer is sent and gRPC has told its end, and dies on the loop's thread.
class WireCall final : public Completion {
 public:
  // The method that it is a call of.
  class Method {
   public:
    // Waits for one more call.
    virtual void Await() = 0;
    virtual void Begin(WireCall& call) = 0;

   protected:
    ~Method() = default;
  };

  WireCall(CompletionLoop& loop, Method& method);

  CompletionLoop& loop() { return loop_; }
  grpc::ServerContext& context() { return context_; }
  grpc::ByteBuffer& request() { return request_; }

  // Who is told when the caller goes away.
  void set_guard(std::shared_ptr<OpenCall> guard) { guard_ = std::move(guard); }
  // Sends the answer: `message` where `status` is ok. Exactly once; any thread. The call may be gone when it returns.
  void Answer(const grpc::Status& status, grpc::ByteBuffer&& message);

 private:
  // Of the call as a whole: its caller went away, or its answer was sent.
  class End final : public Completion {
   public:
    explicit End(WireCall& call) : call_(call) {}
    void Completed(bool ok) override;

   private:
    WireCall& call_;
  };
  friend class AsyncService;

  void Completed(bool ok) override;
  void Send();
  void Leave();

  CompletionLoop& loop_;
  Method& method_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&context_};
  End end_{*this};
  std::shared_ptr<OpenCall> guard_;
  grpc::Status status_;
  grpc::ByteBuffer message_;
  bool taken_ = false;
  int awaited_ = 2;  // the answer and the end
};

// A gRPC service whose calls a CompletionLoop takes; see serve.h for those of the suite. Outlives its server.
class AsyncService : public grpc::Service {
 public:
  // On which of a server's ports it may be called.
  enum class Ports { kTls, kAll };

  ~AsyncService() override;

  // Takes calls from now on: once, when the server of the loop's queue has started.
  void Start(CompletionLoop& loop);
  // The proto service's full name.
  const std::string& name() const { return name_; }

 protected:
  explicit AsyncService(std::string name, Ports ports = Ports::kTls);

  // `begin` runs on the loop's thread and sees to it that the call is answered.
  void AddUnary(const std::string& method, std::function<void(WireCall&)> begin);
  // One handler for each call.
  void AddStream(const std::string& method, std::function<std::unique_ptr<StreamHandler>()> handler);

 private:
  class UnaryMethod;
  class StreamMethod;

  int Add(const std::string& method, grpc::internal::RpcMethod::RpcType type);
  bool Serves(const grpc::ServerContext& context) const;

  const std::string name_;
  const Ports ports_;
  std::deque<std::string> paths_;  // gRPC keeps pointers to them
  std::vector<std::unique_ptr<UnaryMethod>> unary_;
  std::vector<std::unique_ptr<StreamMethod>> streams_;
};

}  // namespace clientele::rpc
