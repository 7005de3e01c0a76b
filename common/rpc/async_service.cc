#include "common/rpc/async_service.h"

#include <google/protobuf/descriptor.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/security/auth_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/bug.h"
#include "common/rpc/open_call.h"
#include "common/rpc/stream_call.h"

namespace clientele::rpc {
namespace {

// Calls of each method that gRPC may hand over before it is asked for more.
constexpr int kAwaited = 16;

}  // namespace

WireCall::WireCall(CompletionLoop& loop, Method& method) : loop_(loop), method_(method) {
  context_.AsyncNotifyWhenDone(Tag(&end_));
}

void WireCall::Completed(bool ok) {
  if (taken_) return Leave();
  // The server was shut down before a call came; then gRPC tells of no end.
  if (!ok) return delete this;
  taken_ = true;
  method_.Await();
  method_.Begin(*this);
}

void WireCall::End::Completed(bool) {
  if (call_.guard_ != nullptr && call_.context_.IsCancelled()) call_.guard_->Cancelled();
  call_.Leave();
}

void WireCall::Answer(const grpc::Status& status, grpc::ByteBuffer&& message) {
  status_ = status;
  message_.Swap(&message);
  if (loop_.OnThread()) return Send();
  loop_.Post([this] { Send(); });
}

void WireCall::Send() {
  if (loop_.closed()) return Leave();
  if (status_.ok()) {
    writer_.Finish(message_, status_, Tag(this));
  } else {
    writer_.FinishWithError(status_, Tag(this));
  }
}

void WireCall::Leave() {
  if (--awaited_ == 0) delete this;
}

class AsyncService::UnaryMethod final : public WireCall::Method {
 public:
  UnaryMethod(AsyncService& service, int index, std::function<void(WireCall&)> begin)
      : service_(service), index_(index), begin_(std::move(begin)) {}

  void Start(CompletionLoop& loop) {
    loop_ = &loop;
    for (int i = 0; i < kAwaited; ++i) Await();
  }
  void Await() override {
    if (loop_->closed()) return;
    auto* call = new WireCall(*loop_, *this);
    service_.RequestAsyncUnary(index_, &call->context_, &call->request_, &call->writer_, &loop_->queue(),
                               &loop_->queue(), Tag(call));
  }
  void Begin(WireCall& call) override {
    if (!service_.Serves(call.context())) return call.Answer({grpc::StatusCode::UNIMPLEMENTED, ""}, {});
    begin_(call);
  }

 private:
  AsyncService& service_;
  const int index_;
  const std::function<void(WireCall&)> begin_;
  CompletionLoop* loop_ = nullptr;
};

class AsyncService::StreamMethod final : public StreamCall::Method {
 public:
  StreamMethod(AsyncService& service, int index, std::function<std::unique_ptr<StreamHandler>()> handler)
      : service_(service), index_(index), handler_(std::move(handler)) {}

  void Start(CompletionLoop& loop) {
    loop_ = &loop;
    Await();
  }
  void Await() override {
    if (loop_->closed()) return;
    auto* call = new StreamCall(*loop_, *this);
    call->context().AsyncNotifyWhenDone(call->end_tag());
    service_.RequestAsyncBidiStreaming(index_, &call->context(), &call->stream(), &loop_->queue(), &loop_->queue(),
                                       call->begin_tag());
  }
  std::unique_ptr<StreamHandler> Begin(StreamCall& call) override {
    return service_.Serves(call.context()) ? handler_() : nullptr;
  }

 private:
  AsyncService& service_;
  const int index_;
  const std::function<std::unique_ptr<StreamHandler>()> handler_;
  CompletionLoop* loop_ = nullptr;
};

AsyncService::AsyncService(std::string name, Ports ports) : name_(std::move(name)), ports_(ports) {}

AsyncService::~AsyncService() = default;

void AsyncService::Start(CompletionLoop& loop) {
  const auto* contract = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name_);
  if (contract == nullptr || contract->method_count() != static_cast<int>(paths_.size())) {
    CLIENTELE_BUG("a service does not serve each method of its contract");
  }
  for (const auto& method : unary_) method->Start(loop);
  for (const auto& method : streams_) method->Start(loop);
}

void AsyncService::AddUnary(const std::string& method, std::function<void(WireCall&)> begin) {
  const int index = Add(method, grpc::internal::RpcMethod::NORMAL_RPC);
  MarkMethodRaw(index);
  unary_.push_back(std::make_unique<UnaryMethod>(*this, index, std::move(begin)));
}

void AsyncService::AddStream(const std::string& method, std::function<std::unique_ptr<StreamHandler>()> handler) {
  // To gRPC's server every stream is one of both sides.
  const int index = Add(method, grpc::internal::RpcMethod::BIDI_STREAMING);
  MarkMethodRaw(index);
  streams_.push_back(std::make_unique<StreamMethod>(*this, index, std::move(handler)));
}

int AsyncService::Add(const std::string& method, grpc::internal::RpcMethod::RpcType type) {
  const int index = static_cast<int>(paths_.size());
  const std::string& path = paths_.emplace_back(absl::StrCat("/", name_, "/", method));
  AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, nullptr));
  return index;
}

bool AsyncService::Serves(const grpc::ServerContext& context) const {
  if (ports_ == Ports::kAll) return true;
  const auto peer = context.auth_context();
  if (peer == nullptr) return false;
  const auto types = peer->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return types.size() == 1 &&
         (types[0] == GRPC_SSL_TRANSPORT_SECURITY_TYPE || types[0] == GRPC_TLS_TRANSPORT_SECURITY_TYPE);
}

}  // namespace clientele::rpc
