#include "common/rpc/scope.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/error.h"

namespace clientele::rpc {
namespace {

using auth::PrincipalKind;

constexpr char kMine[] = "0190f0a0-0000-7000-8000-000000000001";
constexpr char kOther[] = "0190f0a0-0000-7000-8000-000000000002";

auth::Principal Of(PrincipalKind kind) {
  auth::Principal principal;
  principal.kind = kind;
  principal.partner = kMine;
  return principal;
}

ScopeAnswer Judge(PrincipalKind kind, type::v1::Scope scope, const std::string& resource) {
  type::v1::MethodRule rule;
  rule.set_scope(scope);
  return JudgeScope(Of(kind), rule, resource);
}

TEST(Scope, OfAPartner) {
  const std::string mine = absl::StrCat("partners/", kMine, "/customers/", kOther);
  const std::string other = absl::StrCat("partners/", kOther, "/customers/", kMine);
  for (const PrincipalKind kind : {PrincipalKind::kPartnerUser, PrincipalKind::kPartnerApplication}) {
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, mine), ScopeAnswer::kInside);
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, other), ScopeAnswer::kOutside);
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, "partners/-"), ScopeAnswer::kOutside);
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, ""), ScopeAnswer::kOutside);
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER_OR_CUSTOMER, other), ScopeAnswer::kOutside);
  }
  for (const PrincipalKind kind :
       {PrincipalKind::kService, PrincipalKind::kOperator, PrincipalKind::kReviewer, PrincipalKind::kSupportReader}) {
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, other), ScopeAnswer::kInside);
    EXPECT_EQ(Judge(kind, type::v1::SCOPE_PARTNER, "partners/-"), ScopeAnswer::kInside);
  }
  EXPECT_EQ(Judge(PrincipalKind::kApplication, type::v1::SCOPE_PARTNER, other), ScopeAnswer::kInside);
  EXPECT_EQ(Judge(PrincipalKind::kApplication, type::v1::SCOPE_PARTNER, "partners/-"), ScopeAnswer::kOutside);
  EXPECT_EQ(Judge(PrincipalKind::kCustomer, type::v1::SCOPE_PARTNER, mine), ScopeAnswer::kOutside);
}

TEST(Scope, OfCustomersServicesAndTheCell) {
  const std::string mine = absl::StrCat("partners/", kMine, "/customerRelationships/", kOther);
  EXPECT_EQ(Judge(PrincipalKind::kCustomer, type::v1::SCOPE_PARTNER_OR_CUSTOMER, mine), ScopeAnswer::kAskOrganisation);
  EXPECT_EQ(Judge(PrincipalKind::kPartnerUser, type::v1::SCOPE_PARTNER_OR_CUSTOMER, mine), ScopeAnswer::kInside);
  EXPECT_EQ(Judge(PrincipalKind::kPeer, type::v1::SCOPE_SERVICE, ""), ScopeAnswer::kInside);
  EXPECT_EQ(Judge(PrincipalKind::kService, type::v1::SCOPE_SERVICE, ""), ScopeAnswer::kForbidden);
  EXPECT_EQ(Judge(PrincipalKind::kOperator, type::v1::SCOPE_SERVICE, ""), ScopeAnswer::kForbidden);
  EXPECT_EQ(Judge(PrincipalKind::kPartnerUser, type::v1::SCOPE_CELL, ""), ScopeAnswer::kInside);
  EXPECT_EQ(Judge(PrincipalKind::kCustomer, type::v1::SCOPE_INVITATION_TOKEN, ""), ScopeAnswer::kInside);
  EXPECT_EQ(Judge(PrincipalKind::kOperator, type::v1::SCOPE_UNSPECIFIED, ""), ScopeAnswer::kForbidden);
}

TEST(Scope, ReasonsNameTheResourceType) {
  const std::string partner = absl::StrCat("partners/", kMine);
  EXPECT_EQ(ReasonOf(OutOfScope(partner)), "PARTNER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(OutOfScope(absl::StrCat(partner, "/customers/", kMine))), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(OutOfScope(absl::StrCat(partner, "/customerRelationships/", kMine))),
            "CUSTOMER_RELATIONSHIP_NOT_FOUND");
  EXPECT_EQ(ReasonOf(OutOfScope(absl::StrCat(partner, "/customerRelationships/", kMine, "/terminationHolds/x"))),
            "TERMINATION_HOLD_NOT_FOUND");
  EXPECT_EQ(ReasonOf(OutOfScope("importSources/x")), "IMPORT_SOURCE_NOT_FOUND");
  EXPECT_EQ(OutOfScope(partner).code(), absl::StatusCode::kNotFound);
}

TEST(Permission, NamesWhatIsMissing) {
  auth::Principal principal = Of(PrincipalKind::kPartnerUser);
  principal.roles = {"helpdesk_agent"};
  EXPECT_TRUE(CheckPermission(principal, "customers.get").ok());
  const absl::Status denied = CheckPermission(principal, "customers.update");
  EXPECT_EQ(denied.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(denied), "PERMISSION_DENIED");
  EXPECT_EQ(MetadataOf(denied)["permission"], "customers.update");
  EXPECT_EQ(ReasonOf(CheckPermission(Of(PrincipalKind::kCustomer), "invitations.accept")), "CUSTOMER_ROLE_REQUIRED");
}

}  // namespace
}  // namespace clientele::rpc
