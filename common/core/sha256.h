#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace clientele {

// SHA-256: 32 bytes. Thread-safe.
std::string Sha256(absl::string_view bytes);

}  // namespace clientele
