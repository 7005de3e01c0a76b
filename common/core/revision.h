#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace clientele {

// What a decision of the domain makes of a resource: its state after the change, and how feed and audit tell it.
template <class T>
struct Revision {
  T after;
  std::string type;                         // customer.updated
  std::vector<std::string> changed_fields;  // empty: nothing changed, nothing is written
};

// Packs a resource as events carry it: a serialized google.protobuf.Any without personal values.
template <class T>
using Encode = std::function<std::string(const T&)>;

// The etag of a resource at a revision. Opaque to callers.
inline std::string EtagOf(int64_t revision) { return absl::StrCat("r", revision); }

}  // namespace clientele
