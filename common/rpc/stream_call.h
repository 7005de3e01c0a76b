#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <functional>
#include <memory>

#include "common/rpc/completion_loop.h"

namespace clientele::rpc {

class StreamCall;

// What a streaming method does with one call. On the loop's thread; the call outlives it.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // Of messages that the caller sends, the next comes when the answers to this one are written.
  virtual void Received(StreamCall& call, grpc::ByteBuffer& message) = 0;
  // The caller sends no more.
  virtual void ReceivedAll(StreamCall& call) = 0;
};

// One call of a streaming method on the wire, whichever side streams. Lives until it has ended and nothing of it is
// under way, and dies on the loop's thread, where all of it runs.
class StreamCall {
 public:
  // The method that it is a call of.
  class Method {
   public:
    // Waits for one more call.
    virtual void Await() = 0;
    // Null where the method may not be called.
    virtual std::unique_ptr<StreamHandler> Begin(StreamCall& call) = 0;

   protected:
    ~Method() = default;
  };

  StreamCall(CompletionLoop& loop, Method& method) : loop_(loop), method_(method) {}

  // Sends a message behind those that are being sent; nothing once the call has ended.
  void Write(const google::protobuf::Message& message);
  // Ends the call when all messages are sent.
  void Finish(const grpc::Status& status);

  grpc::ServerContext& context() { return context_; }

  // For whoever asks gRPC for calls.
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>& stream() { return stream_; }
  void* begin_tag() { return Tag(&begun_); }
  void* end_tag() { return Tag(&ended_); }

 private:
  // An operation on the stream, whose end a function of the call takes.
  class Operation final : public Completion {
   public:
    Operation(StreamCall& call, void (StreamCall::*then)(bool)) : call_(call), then_(then) {}
    void Completed(bool ok) override { (call_.*then_)(ok); }

   private:
    StreamCall& call_;
    void (StreamCall::*const then_)(bool);
  };

  void Begun(bool ok);
  void WasRead(bool ok);
  void Written(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);

  void Read();
  // Starts what comes next: a message, or the end.
  void WriteNext();
  void Leave();

  CompletionLoop& loop_;
  Method& method_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{&context_};
  Operation begun_{*this, &StreamCall::Begun};
  Operation read_{*this, &StreamCall::WasRead};
  Operation written_{*this, &StreamCall::Written};
  Operation finished_{*this, &StreamCall::Finished};
  Operation ended_{*this, &StreamCall::Ended};

  std::unique_ptr<StreamHandler> handler_;
  grpc::ByteBuffer message_;
  std::deque<grpc::ByteBuffer> to_write_;
  grpc::Status status_;
  bool writing_ = false;
  bool to_read_ = false;  // once all is written
  bool finishing_ = false;
  bool end_sent_ = false;
  bool over_ = false;  // nothing that is written reaches anybody
  int under_way_ = 0;  // operations that gRPC has not completed
};

}  // namespace clientele::rpc
