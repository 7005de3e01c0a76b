#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace clientele::type::v1 {
class FieldRule;
}  // namespace clientele::type::v1

namespace clientele::rpc {

// What is wrong with a value, without the value.
struct Fault {
  std::string reason;
  std::string description;
};

// The first of length, format and pattern that a non-empty string does not keep.
std::optional<Fault> CheckText(const std::string& text, const type::v1::FieldRule& rule);

// [a-z][a-z0-9-]*[a-z0-9]
bool IsSlug(absl::string_view text);

}  // namespace clientele::rpc
