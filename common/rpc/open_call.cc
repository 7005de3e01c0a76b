#include "common/rpc/open_call.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/error.h"
#include "common/obs/log.h"
#include "common/pg/session.h"
#include "common/rpc/async_service.h"
#include "common/rpc/call_registry.h"
#include "common/rpc/consistency.h"
#include "common/rpc/method_record.h"
#include "common/rpc/rules.h"
#include "common/rpc/status.h"

namespace clientele::rpc {

OpenCall::OpenCall()
    : answered_(std::make_shared<std::atomic<bool>>(false)), call_(std::make_shared<Call>()), started_(absl::Now()) {
  call_->answered = answered_;
}

OpenCall::~OpenCall() = default;

void OpenCall::Attach(WireCall& wire, const MethodRecord& record) {
  wire_ = &wire;
  loop_ = &wire.loop();
  record_ = &record;
  wire.set_guard(shared_from_this());
}

bool OpenCall::Register(CallRegistry* registry, absl::Time deadline) {
  deadline_ = deadline;
  registry_ = registry;
  if (registry->Add(shared_from_this())) return true;
  registry_ = nullptr;
  return false;
}

void OpenCall::Refuse(const absl::Status& status) {
  if (Claim()) Complete(pg::ForCaller(status), true, {});
}

void OpenCall::Interrupt(const absl::Status& status) {
  if (Claim()) Complete(status, false, {});
}

void OpenCall::Cancelled() {
  Interrupt(absl::Now() < deadline_ ? absl::CancelledError("the caller went away") : DeadlineExceeded());
}

void OpenCall::CompleteWith(google::protobuf::Message& response) {
  if (!call_->principal.SeesPersonal()) ClearPersonal(response);
  Complete(absl::OkStatus(), true, BytesOf(response));
}

void OpenCall::Complete(const absl::Status& status, bool with_consistency, grpc::ByteBuffer&& message) {
  const grpc::Status answer = ToGrpc(status);
  if (with_consistency && !call_->context.consistency.empty()) {
    wire_->context().AddTrailingMetadata(kConsistencyMetadata, FormatConsistency(call_->context.consistency));
  }
  Report(answer, status);
  wire_->Answer(answer, std::move(message));
  // Behind the answer: the drain waits for it, and then server and loop may go.
  if (registry_ != nullptr) registry_->Remove(*this);
}

void OpenCall::Report(const grpc::Status& status, const absl::Status& cause) const {
  const absl::Duration taken = absl::Now() - started_;
  record_->Handled(status.error_code(), taken);
  const bool broken = status.error_code() == grpc::StatusCode::INTERNAL;
  const obs::Level level = broken ? obs::Level::kError : obs::Level::kInfo;
  if (!obs::LogsAt(level)) return;
  const CallContext& context = call_->context;
  obs::Log(level, "call",
           {{"method", record_->name},
            {"code", CodeName(status.error_code())},
            {"reason", ReasonOf(FromGrpc(status))},
            {"cause", broken ? absl::string_view(cause.message()) : absl::string_view()},
            {"ms", absl::ToDoubleMilliseconds(taken)},
            {"caller", context.principal.empty() ? "" : auth::NameOf(call_->principal.kind)},
            {"partner", call_->principal.partner},
            {"request_id", context.request_id},
            {"trace_id", context.trace_id}});
}

}  // namespace clientele::rpc
