// Walks every descriptor of the suite: what the servers enforce from the protos stands in all of them.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/auth/policy.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using type::v1::FieldRule;
using type::v1::MethodRule;

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : files) {
    if (!absl::StartsWith(name, "clientele/")) continue;
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

const FieldDescriptor* FieldOfType(const Descriptor* type, const std::string& path) {
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    field = type == nullptr ? nullptr : type->FindFieldByName(std::string(segment));
    if (field == nullptr || field->is_repeated()) return nullptr;
    type = field->message_type();
  }
  return field;
}

TEST(Contract, EveryServiceIsLinked) {
  std::set<std::string> services;
  for (const MethodDescriptor* method : AllMethods()) services.insert(method->service()->name());
  EXPECT_THAT(services, ::testing::IsSupersetOf({"AccountService", "AuditService", "CustomerService", "EventService",
                                                 "ImportSourceService", "InvitationService", "PartnerService",
                                                 "RelationshipService", "TerminationHoldService"}));
}

TEST(Contract, EveryMethodHasAWholeRule) {
  for (const MethodDescriptor* method : AllMethods()) {
    SCOPED_TRACE(method->full_name());
    const MethodRule& rule = RuleOf(*method);
    EXPECT_FALSE(rule.permission().empty());
    EXPECT_NE(rule.lane(), type::v1::LANE_UNSPECIFIED);
    EXPECT_NE(rule.deadline(), type::v1::DEADLINE_CLASS_UNSPECIFIED);
    EXPECT_NE(rule.scope(), type::v1::SCOPE_UNSPECIFIED);
    EXPECT_FALSE(method->client_streaming() || method->server_streaming());
    const bool by_name = rule.scope() == type::v1::SCOPE_PARTNER || rule.scope() == type::v1::SCOPE_PARTNER_OR_CUSTOMER;
    EXPECT_TRUE(!by_name || !rule.resource().empty()) << "the scope is read from the resource's name";
    if (rule.resource().empty()) continue;
    const FieldDescriptor* field = FieldOfType(method->input_type(), rule.resource());
    ASSERT_NE(field, nullptr) << rule.resource();
    if (rule.scope() == type::v1::SCOPE_INVITATION_TOKEN) {
      EXPECT_TRUE(RuleOf(*field).secret());
      continue;
    }
    EXPECT_EQ(RuleOf(*field).format(), type::v1::FORMAT_RESOURCE_NAME);
    for (const std::string& pattern : RuleOf(*field).resource_types()) {
      EXPECT_TRUE(!by_name || absl::StartsWith(pattern, "partners/")) << pattern;
    }
  }
}

// The dispatcher finds a method by its request and its name.
TEST(Contract, RequestAndNameTellTheMethod) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_TRUE(seen.emplace(method->input_type()->full_name(), method->name()).second) << method->full_name();
    EXPECT_EQ(method->input_type()->file(), method->file()) << method->full_name();
  }
}

TEST(Contract, PolicyAndProtosKnowTheSamePermissions) {
  std::set<std::string> declared;
  for (const MethodDescriptor* method : AllMethods()) declared.insert(RuleOf(*method).permission());
  EXPECT_EQ(declared, auth::KnownPermissions());
}

TEST(Contract, PagesOfListsHaveTheirLane) {
  for (const MethodDescriptor* method : AllMethods()) {
    const bool page = method->output_type()->FindFieldByName("next_page_token") != nullptr;
    EXPECT_EQ(RuleOf(*method).lane() == type::v1::LANE_LIST, page) << method->full_name();
  }
}

// Bytes of the largest message that the rules allow, at four a character where it may be any.
size_t LargestOf(const Descriptor& type) {
  constexpr size_t kTagAndLength = 8;
  size_t bytes = 0;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const FieldRule& rule = RuleOf(field);
    if (rule.output_only()) continue;
    const bool any = rule.format() == type::v1::FORMAT_TEXT || rule.format() == type::v1::FORMAT_LINE ||
                     rule.format() == type::v1::FORMAT_FILTER || rule.format() == type::v1::FORMAT_DOMAIN;
    // Of a map, key and value.
    size_t one = kTagAndLength + size_t{rule.max_length()} * (any ? 4 : 1) * (field.is_map() ? 2 : 1);
    if (field.message_type() != nullptr && !field.is_map()) one += LargestOf(*field.message_type());
    bytes += one * std::max(1u, rule.max_items());
  }
  return bytes;
}

TEST(Contract, WhatTheRulesAllowIsNoRequestTooLarge) {
  size_t largest = 0;
  for (const MethodDescriptor* method : AllMethods()) {
    if (RuleOf(*method).lane() == type::v1::LANE_BULK) continue;
    largest = std::max(largest, LargestOf(*method->input_type()));
    EXPECT_LE(LargestOf(*method->input_type()), kMaxRequest) << method->full_name();
  }
  EXPECT_GT(largest, kMaxRequest / 2) << "the limit is no larger than it must be";
}

// Visits every field that a caller can write.
class Fields {
 public:
  explicit Fields(void (*check)(const FieldDescriptor&)) : check_(check) {}

  void Visit(const Descriptor& type) {
    if (!absl::StartsWith(type.full_name(), "clientele.") || !seen_.insert(&type).second) return;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (RuleOf(field).output_only()) continue;
      SCOPED_TRACE(field.full_name());
      check_(field);
      if (field.message_type() != nullptr && !field.is_map()) Visit(*field.message_type());
    }
  }
  size_t types() const { return seen_.size(); }

 private:
  void (*check_)(const FieldDescriptor&);
  std::set<const Descriptor*> seen_;
};

void CheckRule(const FieldDescriptor& field) {
  const FieldRule& rule = RuleOf(field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING || field.is_map()) {
    EXPECT_NE(rule.format(), type::v1::FORMAT_UNSPECIFIED);
    EXPECT_GT(rule.max_length(), 0u);
    EXPECT_LE(rule.min_length(), rule.max_length());
  }
  if (field.is_repeated()) {
    EXPECT_GT(rule.max_items(), 0u);
  }
  EXPECT_EQ(rule.format() == type::v1::FORMAT_RESOURCE_NAME, rule.resource_types_size() > 0);
  if (!rule.pattern().empty()) {
    EXPECT_TRUE(re2::RE2(rule.pattern(), re2::RE2::Quiet).ok()) << rule.pattern();
  }
  const bool number =
      field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 || field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  const bool in_response_only = field.containing_type()->FindFieldByName("revision") != nullptr;
  EXPECT_TRUE(!number || rule.maximum() > 0 || in_response_only) << "a number that a caller writes has a range";
}

TEST(Contract, EveryFieldThatACallerWritesHasItsRule) {
  Fields fields(CheckRule);
  for (const MethodDescriptor* method : AllMethods()) fields.Visit(*method->input_type());
  EXPECT_GT(fields.types(), 30u);
}

void CheckCredential(const FieldDescriptor& field) {
  if (field.name() == "token") {
    EXPECT_TRUE(RuleOf(field).secret());
  }
  for (const char* part : {"first_name", "last_name", "middle_name", "phone_number", "email", "address_line"}) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && absl::StrContains(field.name(), part)) {
      EXPECT_TRUE(RuleOf(field).personal());
    }
  }
}

TEST(Contract, FactsAboutPersonsAndCredentialsAreMarked) {
  Fields fields(CheckCredential);
  for (const MethodDescriptor* method : AllMethods()) fields.Visit(*method->input_type());
}

}  // namespace
}  // namespace clientele::rpc
