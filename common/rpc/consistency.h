#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/core/call_context.h"

namespace clientele::rpc {

// The value of the metadata `clientele-consistency`: service=epoch:txid:sequence, joined by semicolons: a comma
// would end the value for tools that take several in one header.
inline constexpr char kConsistencyMetadata[] = "clientele-consistency";

std::string FormatConsistency(const Consistency& consistency);
// INVALID_ARGUMENT/INVALID_CONSISTENCY. Unknown services are kept; at most 8 entries.
absl::StatusOr<Consistency> ParseConsistency(absl::string_view text);
// Keeps the later position of each service; of two epochs `from`'s.
void Merge(const Consistency& from, Consistency& into);

}  // namespace clientele::rpc
