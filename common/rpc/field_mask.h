#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace google::protobuf {
class FieldMask;
class Message;
}  // namespace google::protobuf

namespace clientele::rpc {

// The paths an update changes: the mask's own; for `*` all of `updatable`; for an empty mask those of `updatable` that
// are set in `message`. A path below an updatable one is allowed (billing_profile.email). Every path that does not
// exist, or is output only or immutable, is a violation of `update_mask`, all at once. The answer names no field twice.
absl::StatusOr<std::vector<std::string>> ResolveMask(const google::protobuf::FieldMask& mask,
                                                     const google::protobuf::Message& message,
                                                     const std::set<std::string>& updatable);

// Copies the fields at `paths` from `from` to `to`; a field unset in `from` is cleared in `to`.
void ApplyPaths(const std::vector<std::string>& paths, const google::protobuf::Message& from,
                google::protobuf::Message& to);

}  // namespace clientele::rpc
