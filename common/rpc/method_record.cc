#include "common/rpc/method_record.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr const char* kCodeNames[kCodeCount] = {
    "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated",
};

absl::Duration LimitOf(type::v1::DeadlineClass deadline) {
  switch (deadline) {
    case type::v1::DEADLINE_CLASS_SAGA:
      return absl::Seconds(10);
    case type::v1::DEADLINE_CLASS_BULK:
      return absl::Seconds(60);
    case type::v1::DEADLINE_CLASS_POLL:
      return absl::Seconds(5);
    default:
      return absl::Seconds(2);
  }
}

pg::Lane LaneOf(type::v1::Lane lane) {
  switch (lane) {
    case type::v1::LANE_WRITE:
      return pg::Lane::kWrite;
    case type::v1::LANE_BULK:
      return pg::Lane::kBulk;
    case type::v1::LANE_LIST:
      return pg::Lane::kList;
    default:
      return pg::Lane::kRead;
  }
}

// Null where the field is of another type, too.
const FieldDescriptor* FieldOfType(const Descriptor& message, const char* name, FieldDescriptor::CppType type) {
  const FieldDescriptor* field = FieldOf(message, name);
  return field != nullptr && field->cpp_type() == type ? field : nullptr;
}

MethodRecord RecordOf(const MethodDescriptor& method) {
  MethodRecord record;
  record.method = &method;
  record.rule = &RuleOf(method);
  record.name = absl::StrCat(method.service()->full_name(), "/", method.name());
  const Descriptor& request = *method.input_type();
  record.resource = FieldOf(request, record.rule->resource());
  record.request_id = FieldOfType(request, "request_id", FieldDescriptor::CPPTYPE_STRING);
  record.validate_only = FieldOfType(request, "validate_only", FieldDescriptor::CPPTYPE_BOOL);
  record.limit = LimitOf(record.rule->deadline());
  record.head_start = record.rule->deadline() == type::v1::DEADLINE_CLASS_SAGA ? kHeadStart : absl::ZeroDuration();
  record.lane = LaneOf(record.rule->lane());
  obs::Labels labels{
      {"grpc_type", "unary"}, {"grpc_service", method.service()->full_name()}, {"grpc_method", method.name()}};
  record.started = &obs::CounterFor("grpc_server_started_total", "Calls that came off the wire.", labels);
  record.seconds = &obs::HistogramFor("grpc_server_handling_seconds", "From the wire to the answer.", labels);
  for (int code = 0; code < kCodeCount; ++code) {
    labels["grpc_code"] = kCodeNames[code];
    record.handled[code] = &obs::CounterFor("grpc_server_handled_total", "Calls answered, by code.", labels);
  }
  return record;
}

}  // namespace

const char* CodeName(grpc::StatusCode code) {
  return code >= 0 && code < kCodeCount ? kCodeNames[code] : kCodeNames[grpc::StatusCode::UNKNOWN];
}

absl::Status DeadlineExceeded() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "the deadline passed");
}

absl::Status ShuttingDown() {
  return WithRetry(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "this replica is shutting down"),
                   absl::Seconds(1));
}

absl::Status InvalidMessage(const MethodRecord& method) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_MESSAGE",
                   absl::StrCat("the request is no ", method.method->input_type()->full_name()));
}

absl::Status RequestTooLarge(size_t bytes) {
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_TOO_LARGE",
                   absl::StrCat("the request has ", bytes, " bytes, of at most ", kMaxRequest),
                   {{"bytes", absl::StrCat(bytes)}, {"limit", absl::StrCat(kMaxRequest)}});
}

void MethodRecord::Handled(grpc::StatusCode code, absl::Duration taken) const {
  handled[code >= 0 && code < kCodeCount ? code : static_cast<int>(grpc::StatusCode::UNKNOWN)]->Increment();
  seconds->Observe(absl::ToDoubleSeconds(taken));
}

MethodTable::MethodTable(const std::vector<std::string>& services) {
  for (const std::string& name : services) {
    const ServiceDescriptor* service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) {
      CLIENTELE_BUG("DispatcherOptions.services names a service that is not linked");
      continue;
    }
    for (int i = 0; i < service->method_count(); ++i) {
      MethodRecord record = RecordOf(*service->method(i));
      if (record.rule->permission().empty()) CLIENTELE_BUG("a method has no rule");
      by_name_.emplace(record.name, record);
    }
  }
}

const MethodRecord* MethodTable::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

}  // namespace clientele::rpc
