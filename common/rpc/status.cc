#include "common/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace clientele::rpc {
namespace {

constexpr char kRpcDetails[] = "type.googleapis.com/google.rpc.";
constexpr size_t kMaxMessage = 300;
constexpr size_t kMaxMetadataValue = 120;

// `text` cut to whole characters.
std::string Cut(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  size_t end = limit - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "...");
}

absl::Status ForTheWire(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const bool hidden =
      status.code() == absl::StatusCode::kInternal || (status.code() == absl::StatusCode::kUnknown && reason.empty());
  if (hidden) return MakeError(absl::StatusCode::kInternal, "INTERNAL", "an internal error; it is logged");
  if (!reason.empty()) return status;
  absl::Status with_reason = MakeError(status.code(), absl::StatusCodeToString(status.code()), status.message());
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { with_reason.SetPayload(url, payload); });
  return with_reason;
}

template <class Detail>
bool Unpack(const google::protobuf::Any& packed, Detail* detail) {
  return packed.type_url() == absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name()) &&
         detail->ParseFromString(packed.value());
}

// Takes the last violation out of BadRequest or PreconditionFailure; false where only one is left.
bool DropViolation(google::rpc::Status* status) {
  std::string dropped;
  for (auto& packed : *status->mutable_details()) {
    google::rpc::BadRequest bad;
    google::rpc::PreconditionFailure failure;
    if (Unpack(packed, &bad) && bad.field_violations_size() > 1) {
      dropped = bad.field_violations(bad.field_violations_size() - 1).field();
      bad.mutable_field_violations()->RemoveLast();
      packed.set_value(bad.SerializeAsString());
    } else if (Unpack(packed, &failure) && failure.violations_size() > 1) {
      failure.mutable_violations()->RemoveLast();
      packed.set_value(failure.SerializeAsString());
    } else {
      continue;
    }
    google::rpc::ErrorInfo info;
    for (auto& other : *status->mutable_details()) {
      if (dropped.empty() || !Unpack(other, &info)) continue;
      info.mutable_metadata()->erase(absl::StrCat("violations.", dropped));
      other.set_value(info.SerializeAsString());
    }
    return true;
  }
  return false;
}

// What is left when a single detail is too long: the reason, with its metadata cut.
void KeepOnlyReason(google::rpc::Status* status) {
  google::rpc::ErrorInfo info;
  for (const auto& packed : status->details()) {
    google::rpc::ErrorInfo whole;
    if (!Unpack(packed, &whole)) continue;
    info.set_reason(whole.reason());
    info.set_domain(whole.domain());
    for (const auto& [key, value] : whole.metadata()) {
      if (info.ByteSizeLong() < kMaxStatusBytes / 2 && key.size() <= kMaxMetadataValue) {
        (*info.mutable_metadata())[key] = Cut(value, kMaxMetadataValue);
      }
    }
  }
  status->clear_details();
  status->add_details()->PackFrom(info);
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status answer = ForTheWire(status);
  google::rpc::Status out;
  out.set_code(static_cast<int>(answer.code()));
  out.set_message(Cut(answer.message(), kMaxMessage));
  const std::string info_url = absl::StrCat(kRpcDetails, "ErrorInfo");
  // ErrorInfo first: it is what every client looks for. What is ours alone stays here.
  for (const bool info : {true, false}) {
    answer.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
      if (!absl::StartsWith(url, kRpcDetails) || (url == info_url) != info) return;
      auto* detail = out.add_details();
      detail->set_type_url(std::string(url));
      detail->set_value(std::string(payload));
    });
  }
  while (out.ByteSizeLong() > kMaxStatusBytes && DropViolation(&out)) {
  }
  if (out.ByteSizeLong() > kMaxStatusBytes) KeepOnlyReason(&out);
  return grpc::Status(static_cast<grpc::StatusCode>(answer.code()), out.message(), out.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status answer(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status in;
  if (!status.error_details().empty() && in.ParseFromString(status.error_details())) {
    for (const auto& detail : in.details()) answer.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return answer;
}

}  // namespace clientele::rpc
