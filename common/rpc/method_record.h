#pragma once

#include <grpcpp/support/status.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/obs/metrics.h"
#include "common/pg/executor.h"

namespace google::protobuf {
class FieldDescriptor;
class MethodDescriptor;
}  // namespace google::protobuf
namespace clientele::type::v1 {
class MethodRule;
}  // namespace clientele::type::v1

namespace clientele::rpc {

inline constexpr int kCodeCount = 17;

// A code as go-grpc-prometheus writes it: OK, InvalidArgument, …
const char* CodeName(grpc::StatusCode code);

// How much earlier than the call's guard those answer that can say what goes on, and when to ask again.
inline constexpr absl::Duration kHeadStart = absl::Milliseconds(200);

// DEADLINE_EXCEEDED with its reason.
absl::Status DeadlineExceeded();
// UNAVAILABLE/SHUTTING_DOWN with RetryInfo: another replica, or this one once it is back.
absl::Status ShuttingDown();

struct MethodRecord;
// INVALID_ARGUMENT/INVALID_MESSAGE: the bytes are no request of the method.
absl::Status InvalidMessage(const MethodRecord& method);
// INVALID_ARGUMENT/REQUEST_TOO_LARGE: of more than kMaxRequest bytes.
absl::Status RequestTooLarge(size_t bytes);

// What is known of a method before any call of it: its rule, and handles of its metrics.
struct MethodRecord {
  const google::protobuf::MethodDescriptor* method = nullptr;
  const type::v1::MethodRule* rule = nullptr;
  std::string name;  // package.Service/Method
  // Fields of the request, null where it has none: of the resource's name as the rule says, also where it lies in a
  // resource that is written.
  const google::protobuf::FieldDescriptor* resource = nullptr;
  const google::protobuf::FieldDescriptor* request_id = nullptr;
  const google::protobuf::FieldDescriptor* validate_only = nullptr;
  absl::Duration limit;       // of its deadline class
  absl::Duration head_start;  // by which its handler's deadline is earlier
  pg::Lane lane = pg::Lane::kRead;
  obs::Counter* started = nullptr;
  std::array<obs::Counter*, kCodeCount> handled{};
  obs::Histogram* seconds = nullptr;

  void Handled(grpc::StatusCode code, absl::Duration taken) const;
};

// The methods of the services that a binary serves. Immutable.
class MethodTable {
 public:
  // Services by their full names. One that is not linked, or a method without a rule, is a bug.
  explicit MethodTable(const std::vector<std::string>& services);
  // By its name in the record; null where no service served has it.
  const MethodRecord* Find(const std::string& name) const;

 private:
  std::map<std::string, MethodRecord> by_name_;
};

}  // namespace clientele::rpc
