#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace clientele::import_customers {

// The whole file. InvalidArgument with the reason if it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Replaces the file as a whole: a reader sees the old content or the new.
absl::Status WriteTextFile(const std::string& path, const std::string& text);

}  // namespace clientele::import_customers
