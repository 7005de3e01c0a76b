#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace clientele::rpc {

// Most bytes of google.rpc.Status in one answer: in base64, with message and metadata, it stays below the 8 KB that
// peers take as trailers.
inline constexpr size_t kMaxStatusBytes = 3900;

// What goes over the wire: code, message and google.rpc details. INTERNAL and UNKNOWN without a reason become
// INTERNAL/INTERNAL without the cause; another error without a reason gets its code's name. Violations that do not fit
// are left out, last first; the metadata `total` counts them all.
grpc::Status ToGrpc(const absl::Status& status);

// The same back, with its details.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace clientele::rpc
