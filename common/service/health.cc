#include "common/service/health.h"

#include "common/rpc/message_bytes.h"
#include "health/v1/health.pb.h"

namespace clientele::service {
namespace {

namespace v1 = grpc::health::v1;

// No question about a name of ours is so long, in bytes.
constexpr size_t kMaxQuestion = 256;

v1::HealthCheckResponse Response(v1::HealthCheckResponse::ServingStatus status) {
  v1::HealthCheckResponse response;
  response.set_status(status);
  return response;
}

v1::HealthCheckResponse Response(bool serving) {
  return Response(serving ? v1::HealthCheckResponse::SERVING : v1::HealthCheckResponse::NOT_SERVING);
}

// INVALID_ARGUMENT where it is none.
grpc::Status NameIn(grpc::ByteBuffer& message, std::string& name) {
  v1::HealthCheckRequest request;
  if (message.Length() <= kMaxQuestion && rpc::ParseBytes(message, request)) {
    name = request.service();
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::INVALID_ARGUMENT, "no name of a service"};
}

}  // namespace

// One caller who watches one name.
class HealthService::Watch final : public rpc::StreamHandler {
 public:
  explicit Watch(HealthService& health) : health_(health) {}
  ~Watch() override {
    if (call_ == nullptr) return;
    const auto watches = health_.watches_.find(name_);
    watches->second.erase(this);
    if (watches->second.empty()) health_.watches_.erase(watches);
  }

  void Received(rpc::StreamCall& call, grpc::ByteBuffer& message) override {
    if (call_ != nullptr) return;  // a second question: the proto has one
    const grpc::Status named = NameIn(message, name_);
    if (!named.ok()) return call.Finish(named);
    call_ = &call;
    health_.watches_[name_].insert(this);
    const auto known = health_.serving_.find(name_);
    call.Write(known == health_.serving_.end() ? Response(v1::HealthCheckResponse::SERVICE_UNKNOWN)
                                               : Response(known->second));
  }
  void ReceivedAll(rpc::StreamCall& call) override {
    if (call_ == nullptr) call.Finish({grpc::StatusCode::INVALID_ARGUMENT, "no name of a service"});
  }

  void Tell(bool serving) { call_->Write(Response(serving)); }

 private:
  HealthService& health_;
  std::string name_;
  rpc::StreamCall* call_ = nullptr;
};

HealthService::HealthService()
    : AsyncService(v1::HealthCheckRequest::descriptor()->file()->service(0)->full_name(), Ports::kAll) {
  AddUnary("Check", [this](rpc::WireCall& call) { Check(call); });
  AddUnary("List", [this](rpc::WireCall& call) { List(call); });
  AddStream("Watch", [this] { return std::make_unique<Watch>(*this); });
}

void HealthService::Set(const std::string& name, bool serving) {
  const auto [known, first] = serving_.emplace(name, serving);
  if (!first && known->second == serving) return;
  known->second = serving;
  const auto watches = watches_.find(name);
  if (watches == watches_.end()) return;
  for (Watch* watch : watches->second) watch->Tell(serving);
}

void HealthService::Check(rpc::WireCall& call) {
  std::string name;
  const grpc::Status named = NameIn(call.request(), name);
  if (!named.ok()) return call.Answer(named, {});
  const auto known = serving_.find(name);
  if (known == serving_.end()) return call.Answer({grpc::StatusCode::NOT_FOUND, "no such service"}, {});
  call.Answer(grpc::Status::OK, rpc::BytesOf(Response(known->second)));
}

void HealthService::List(rpc::WireCall& call) {
  v1::HealthListResponse response;
  for (const auto& [name, serving] : serving_) (*response.mutable_statuses())[name] = Response(serving);
  call.Answer(grpc::Status::OK, rpc::BytesOf(response));
}

}  // namespace clientele::service
