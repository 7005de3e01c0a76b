#include "common/rpc/rules.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/id.h"
#include "common/rpc/formats.h"

namespace clientele::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxHoldId = 63;

bool IsHoldId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxHoldId && absl::ascii_isalnum(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool MatchesSegment(absl::string_view text, absl::string_view pattern) {
  if (pattern.empty() || pattern.front() != '{') return text == pattern;
  if (pattern == "{source}") return IsSlug(text) && text.size() <= 63;
  if (pattern == "{hold}") return IsHoldId(text);
  return Uuid::Parse(text).has_value();
}

}  // namespace

const type::v1::MethodRule& RuleOf(const google::protobuf::MethodDescriptor& method) {
  return method.options().GetExtension(type::v1::rule);
}

const type::v1::FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(type::v1::field);
}

const FieldDescriptor* FieldOf(const Descriptor& message, absl::string_view path) {
  const Descriptor* descriptor = &message;
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    if (descriptor == nullptr) return nullptr;
    field = descriptor->FindFieldByName(std::string(segment));
    if (field == nullptr || field->is_repeated()) return nullptr;
    descriptor = field->message_type();
  }
  return field;
}

std::string FieldAt(const Message& message, absl::string_view path) {
  const Message* current = &message;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = current->GetDescriptor()->FindFieldByName(std::string(segment));
    if (field == nullptr || field->is_repeated()) return "";
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return current->GetReflection()->GetString(*current, field);
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
    current = &current->GetReflection()->GetMessage(*current, field);
  }
  return "";
}

bool MatchesPattern(absl::string_view name, absl::string_view pattern) {
  while (true) {
    const size_t end = name.find('/');
    const size_t pattern_end = pattern.find('/');
    if (!MatchesSegment(name.substr(0, end), pattern.substr(0, pattern_end))) return false;
    if (end == absl::string_view::npos || pattern_end == absl::string_view::npos) return end == pattern_end;
    name.remove_prefix(end + 1);
    pattern.remove_prefix(pattern_end + 1);
  }
}

void ClearPersonal(Message& message) {
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const type::v1::FieldRule& rule = RuleOf(*field);
    if (rule.personal() || rule.secret()) {
      reflection->ClearField(&message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        ClearPersonal(*reflection->MutableRepeatedMessage(&message, field, i));
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ClearPersonal(*reflection->MutableMessage(&message, field));
    }
  }
}

std::string PackForEvent(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  ClearPersonal(*copy);
  google::protobuf::Any packed;
  packed.PackFrom(*copy);
  return packed.SerializeAsString();
}

}  // namespace clientele::rpc
