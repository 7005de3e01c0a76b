#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace clientele::import_customers {

// The whole file. InvalidArgument with the reason if it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// A file of one bearer token, the space around it left out. InvalidArgument if it holds anything else: gRPC ends the
// program for a header that it does not like.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// Whether both paths lead to one file, be it by a link. A file that is not there yet counts by its place.
bool SameFile(const std::string& one, const std::string& other);

// Replaces the file as a whole: a reader sees the old content or the new.
absl::Status WriteTextFile(const std::string& path, const std::string& text);

}  // namespace clientele::import_customers
