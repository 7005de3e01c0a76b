#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/rpc/formats.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using type::v1::FieldRule;

constexpr int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z

bool IsOurs(const Descriptor& type) { return absl::StartsWith(type.full_name(), "clientele."); }

// What an update's mask covers; paths are relative to the resource.
class Mask {
 public:
  explicit Mask(std::set<std::string> paths) : paths_(std::move(paths)) {}

  // The mask names the field or one that it lies in.
  bool Covers(const std::string& path) const {
    for (size_t end = path.find('.'); end != std::string::npos; end = path.find('.', end + 1)) {
      if (paths_.count(path.substr(0, end)) > 0) return true;
    }
    return paths_.count(path) > 0;
  }
  // The mask names something in the field.
  bool Reaches(const std::string& path) const {
    const std::string inside = absl::StrCat(path, ".");
    const auto next = paths_.lower_bound(inside);
    return next != paths_.end() && absl::StartsWith(*next, inside);
  }

 private:
  std::set<std::string> paths_;
};

class Checker {
 public:
  std::vector<FieldViolation> violations;

  void CheckMessage(const Message& message, const std::string& prefix) {
    const FieldDescriptor* resource = nullptr;
    const std::optional<Mask> mask = MaskOf(message, &resource);
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (mask.has_value() && &field == resource && message.GetReflection()->HasField(message, &field)) {
        const Message& inside = message.GetReflection()->GetMessage(message, &field);
        CheckMasked(inside, *mask, absl::StrCat(prefix, field.name(), "."), "");
      } else {
        CheckField(message, field, prefix);
      }
    }
  }

 private:
  void Add(const std::string& path, const Fault& fault) {
    violations.push_back({path, fault.description, fault.reason, ""});
  }

  // The mask of an update (AIP-134) and the field that holds its resource; nullopt for other messages.
  static std::optional<Mask> MaskOf(const Message& message, const FieldDescriptor** resource) {
    const Descriptor& type = *message.GetDescriptor();
    const FieldDescriptor* field = type.FindFieldByName("update_mask");
    if (field == nullptr || field->message_type() != FieldMask::descriptor()) return std::nullopt;
    for (int i = 0; i < type.field_count() && *resource == nullptr; ++i) {
      const bool message_field = type.field(i)->message_type() != nullptr && !type.field(i)->is_repeated();
      if (message_field && IsOurs(*type.field(i)->message_type())) *resource = type.field(i);
    }
    if (*resource == nullptr) return std::nullopt;
    const auto& given = static_cast<const FieldMask&>(message.GetReflection()->GetMessage(message, field));
    std::set<std::string> paths(given.paths().begin(), given.paths().end());
    const bool all = paths.count("*") > 0;
    if (!all && !paths.empty()) return Mask(std::move(paths));
    const Message& inside = message.GetReflection()->GetMessage(message, *resource);
    std::vector<const FieldDescriptor*> fields;
    if (all) {
      for (int i = 0; i < inside.GetDescriptor()->field_count(); ++i)
        fields.push_back(inside.GetDescriptor()->field(i));
    } else {
      inside.GetReflection()->ListFields(inside, &fields);
    }
    paths.clear();
    for (const FieldDescriptor* one : fields) {
      if (!RuleOf(*one).output_only() && !RuleOf(*one).immutable()) paths.insert(one->name());
    }
    return Mask(std::move(paths));
  }

  void CheckMasked(const Message& message, const Mask& mask, const std::string& prefix, const std::string& above) {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string path = absl::StrCat(above, field.name());
      if (mask.Covers(path) || field.name() == "etag") {
        CheckField(message, field, prefix);
      } else if (mask.Reaches(path) && field.message_type() != nullptr && !field.is_repeated()) {
        CheckMasked(message.GetReflection()->GetMessage(message, &field), mask, absl::StrCat(prefix, field.name(), "."),
                    absl::StrCat(path, "."));
      }
    }
  }

  void CheckField(const Message& message, const FieldDescriptor& field, const std::string& prefix) {
    const FieldRule& rule = RuleOf(field);
    if (rule.output_only()) return;
    const std::string path = absl::StrCat(prefix, field.name());
    if (field.is_repeated()) {
      CheckList(message, field, rule, path);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (message.GetReflection()->HasField(message, &field)) {
        CheckInside(message.GetReflection()->GetMessage(message, &field), path);
      } else if (rule.required()) {
        Add(path, {"REQUIRED", "is required"});
      }
    } else {
      CheckSingle(message, field, rule, path);
    }
  }

  void CheckSingle(const Message& message, const FieldDescriptor& field, const FieldRule& rule,
                   const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const bool chosen = field.real_containing_oneof() != nullptr && reflection.HasField(message, &field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        CheckString(reflection.GetString(message, &field), rule, path, rule.required() || chosen);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        CheckEnum(reflection.GetEnumValue(message, &field), field, path, rule.required() || chosen);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        CheckNumber(reflection.GetInt32(message, &field), rule, path);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        CheckNumber(reflection.GetInt64(message, &field), rule, path);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        CheckNumber(reflection.GetUInt32(message, &field), rule, path);
        break;
      default:
        break;
    }
  }

  void CheckList(const Message& message, const FieldDescriptor& field, const FieldRule& rule, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    if (size == 0 && rule.required()) Add(path, {"REQUIRED", "is required"});
    if (rule.max_items() > 0 && size > static_cast<int>(rule.max_items())) {
      Add(path, {"TOO_MANY", absl::StrCat("must have at most ", rule.max_items(), " elements")});
      return;
    }
    if (rule.checked_by_handler()) return;
    for (int i = 0; i < size; ++i) {
      const std::string element = absl::StrCat(path, "[", i, "]");
      if (field.is_map()) {
        CheckEntry(reflection.GetRepeatedMessage(message, &field, i), rule, path);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        CheckString(reflection.GetRepeatedString(message, &field, i), rule, element, true);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        CheckEnum(reflection.GetRepeatedEnumValue(message, &field, i), field, element, true);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CheckInside(reflection.GetRepeatedMessage(message, &field, i), element);
      }
    }
  }

  // A map's rule is its keys' and its values'. A key that breaks it is not repeated in the path.
  void CheckEntry(const Message& entry, const FieldRule& rule, const std::string& path) {
    const FieldDescriptor& key = *entry.GetDescriptor()->map_key();
    const FieldDescriptor& value = *entry.GetDescriptor()->map_value();
    const std::string text =
        key.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? entry.GetReflection()->GetString(entry, &key) : "";
    const std::optional<Fault> fault = text.empty() ? Fault{"REQUIRED", "must not be empty"} : CheckText(text, rule);
    if (fault.has_value()) {
      Add(path, {fault->reason, absl::StrCat("every key ", fault->description)});
    } else if (value.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      CheckString(entry.GetReflection()->GetString(entry, &value), rule, absl::StrCat(path, "[", text, "]"), false);
    }
  }

  void CheckInside(const Message& message, const std::string& path) {
    const Descriptor& type = *message.GetDescriptor();
    if (&type == Timestamp::descriptor()) {
      const auto& time = static_cast<const Timestamp&>(message);
      const bool valid = time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
                         time.nanos() <= 999999999;
      if (!valid) Add(path, {"TIME", "must be a time of the years 1 to 9999"});
    } else if (IsOurs(type)) {
      CheckMessage(message, absl::StrCat(path, "."));
    }
  }

  void CheckString(const std::string& text, const FieldRule& rule, const std::string& path, bool required) {
    if (text.empty()) {
      if (required) Add(path, {"REQUIRED", "is required"});
      return;
    }
    if (const std::optional<Fault> fault = CheckText(text, rule)) Add(path, *fault);
  }

  void CheckEnum(int number, const FieldDescriptor& field, const std::string& path, bool required) {
    if (field.enum_type()->FindValueByNumber(number) == nullptr) {
      Add(path, {"UNKNOWN_VALUE", absl::StrCat("has no value ", number)});
    } else if (number == 0 && required) {
      Add(path, {"REQUIRED", "is required"});
    }
  }

  void CheckNumber(int64_t number, const FieldRule& rule, const std::string& path) {
    if (rule.minimum() == 0 && rule.maximum() == 0) return;
    const bool too_large = rule.maximum() != 0 && number > rule.maximum();
    if (number >= rule.minimum() && !too_large) return;
    Add(path, {"OUT_OF_RANGE", rule.maximum() == 0
                                   ? absl::StrCat("must be at least ", rule.minimum())
                                   : absl::StrCat("must be between ", rule.minimum(), " and ", rule.maximum())});
  }
};

}  // namespace

std::vector<FieldViolation> CheckFields(const Message& message, absl::string_view prefix) {
  Checker checker;
  checker.CheckMessage(message,
                       prefix.empty() || absl::EndsWith(prefix, ".") ? std::string(prefix) : absl::StrCat(prefix, "."));
  return std::move(checker.violations);
}

}  // namespace clientele::rpc
