#include "common/rpc/field_mask.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/error.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxPaths = 64;
constexpr size_t kMaxPath = 100;

bool Lies(const std::string& path, const std::string& below) {
  return absl::StartsWith(path, absl::StrCat(below, "."));
}

bool CanChange(const std::string& path, const std::set<std::string>& updatable) {
  return std::any_of(updatable.begin(), updatable.end(),
                     [&](const std::string& allowed) { return path == allowed || Lies(path, allowed); });
}

// Why a path cannot be changed; empty where it can.
std::string Refusal(const std::string& path, const Descriptor& type, const std::set<std::string>& updatable) {
  if (path.empty() || path.size() > kMaxPath) return absl::StrCat("a path must have 1 to ", kMaxPath, " characters");
  if (path == "*") return "`*` must stand alone";
  const Descriptor* current = &type;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = current == nullptr ? nullptr : current->FindFieldByName(std::string(segment));
    if (field == nullptr) return absl::StrCat("`", path, "` is no field of ", type.name());
    if (RuleOf(*field).output_only()) return absl::StrCat("`", path, "` is set by the service");
    if (RuleOf(*field).immutable()) return absl::StrCat("`", path, "` is never changed");
    current = field->is_repeated() ? nullptr : field->message_type();
  }
  if (CanChange(path, updatable)) return "";
  return absl::StrCat("`", path, "` cannot be changed here; allowed: ", absl::StrJoin(updatable, ", "));
}

void ApplyPath(absl::string_view path, const Message& from, Message& to) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field = from.GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  if (dot != absl::string_view::npos) {
    const bool nothing = !from.GetReflection()->HasField(from, field) && !to.GetReflection()->HasField(to, field);
    if (nothing) return;
    ApplyPath(path.substr(dot + 1), from.GetReflection()->GetMessage(from, field),
              *to.GetReflection()->MutableMessage(&to, field));
    return;
  }
  // Merging a copy that holds nothing else moves a field of any type.
  const std::unique_ptr<Message> only(from.New());
  only->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != field) only->GetReflection()->ClearField(only.get(), other);
  }
  only->GetReflection()->MutableUnknownFields(only.get())->Clear();
  to.GetReflection()->ClearField(&to, field);
  to.MergeFrom(*only);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ResolveMask(const google::protobuf::FieldMask& mask, const Message& message,
                                                     const std::set<std::string>& updatable) {
  if (mask.paths_size() == 1 && mask.paths(0) == "*") {
    return std::vector<std::string>(updatable.begin(), updatable.end());
  }
  std::vector<std::string> resolved;
  if (mask.paths_size() == 0) {
    for (const std::string& path : updatable) {
      const Message* inside = &message;
      std::vector<std::string> segments = absl::StrSplit(path, '.');
      for (size_t i = 0; i + 1 < segments.size(); ++i) {
        inside = &inside->GetReflection()->GetMessage(*inside, inside->GetDescriptor()->FindFieldByName(segments[i]));
      }
      std::vector<const FieldDescriptor*> set;
      inside->GetReflection()->ListFields(*inside, &set);
      const bool found = std::any_of(set.begin(), set.end(),
                                     [&](const FieldDescriptor* field) { return field->name() == segments.back(); });
      if (found) resolved.push_back(path);
    }
    return resolved;
  }
  std::vector<FieldViolation> violations;
  if (mask.paths_size() > kMaxPaths) {
    violations.push_back({"update_mask", absl::StrCat("must have at most ", kMaxPaths, " paths"), "TOO_MANY", ""});
    return InvalidFields(violations);
  }
  for (const std::string& path : mask.paths()) {
    const std::string refusal = Refusal(path, *message.GetDescriptor(), updatable);
    if (!refusal.empty()) violations.push_back({"update_mask", refusal, "MASK_PATH", ""});
  }
  if (!violations.empty()) return InvalidFields(violations);
  const std::set<std::string> paths(mask.paths().begin(), mask.paths().end());
  for (const std::string& path : paths) {
    const bool inside_another =
        std::any_of(paths.begin(), paths.end(), [&](const std::string& other) { return Lies(path, other); });
    if (!inside_another) resolved.push_back(path);
  }
  return resolved;
}

void ApplyPaths(const std::vector<std::string>& paths, const Message& from, Message& to) {
  for (const std::string& path : paths) ApplyPath(path, from, to);
}

}  // namespace clientele::rpc
