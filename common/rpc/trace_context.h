#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace clientele::rpc {

inline constexpr char kTraceparentMetadata[] = "traceparent";

// W3C trace context of a call.
struct TraceContext {
  std::string trace_id;     // 32 hexadecimal digits
  std::string traceparent;  // of this call: the caller's trace and flags, a span of its own
};

// Goes on with the caller's trace; begins one where `traceparent` is empty or none.
TraceContext ContinueTrace(absl::string_view traceparent);

}  // namespace clientele::rpc
