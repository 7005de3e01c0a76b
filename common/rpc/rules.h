#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/core/error.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
class MethodDescriptor;
}  // namespace google::protobuf
namespace clientele::type::v1 {
class FieldRule;
class MethodRule;
}  // namespace clientele::type::v1

namespace clientele::rpc {

// The rules that the proto declares.
const type::v1::MethodRule& RuleOf(const google::protobuf::MethodDescriptor& method);
const type::v1::FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field);

// Most bytes of a request, but for the bulk lane's, which gRPC bounds. What the field rules allow fits; more is not
// parsed, as that is done by the one thread that speaks gRPC.
inline constexpr size_t kMaxRequest = size_t{128} * 1024;

// Every violated field rule (clientele.type.v1.field) of a message and what lies in it, with the path below `prefix`.
// Output-only fields are not looked at, nor the inside of lists that their handler checks. Formats that need market
// data (phone, postal code) are checked as text here and by the domain against the country.
// In a request with an `update_mask` only what the mask covers is looked at, and the resource's etag: `*` covers all
// that can change, an empty mask what is set.
// A violation's reason is REQUIRED, TOO_SHORT, TOO_LONG, TOO_MANY, OUT_OF_RANGE, UNKNOWN_VALUE, PATTERN, TIME, or the
// format that is not kept: UUID, EMAIL, DOMAIN, … No value is repeated in it: it may be personal.
std::vector<FieldViolation> CheckFields(const google::protobuf::Message& message, absl::string_view prefix = "");

// The field at a dotted path of message fields; null where there is none.
const google::protobuf::FieldDescriptor* FieldOf(const google::protobuf::Descriptor& message, absl::string_view path);

// Value of the string field at a dotted path; empty where a message on the way is unset.
std::string FieldAt(const google::protobuf::Message& message, absl::string_view path);

// True where `name` has the shape of `pattern`, such as partners/{partner}/customers/{customer}. Segments in braces
// are lower-case UUIDs, but for {source} (a slug), {hold} ([A-Za-z0-9][A-Za-z0-9._-]{0,62}).
bool MatchesPattern(absl::string_view name, absl::string_view pattern);

// Unsets every personal and secret field of a message and of what lies in it.
void ClearPersonal(google::protobuf::Message& message);

// A copy of `message` without the values of personal and secret fields: what an event's `after` carries.
// Serialized as google.protobuf.Any.
std::string PackForEvent(const google::protobuf::Message& message);

// The same of a domain's resource: what its ToProto makes of it. How stores encode it.
template <class Resource>
std::string PackedForEvent(const Resource& resource) {
  return PackForEvent(ToProto(resource));
}

}  // namespace clientele::rpc
