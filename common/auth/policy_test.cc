#include "common/auth/policy.h"

#include <gtest/gtest.h>

namespace clientele::auth {
namespace {

Principal Of(PrincipalKind kind, std::set<std::string> roles = {}) {
  Principal principal;
  principal.kind = kind;
  principal.roles = std::move(roles);
  return principal;
}

struct Row {
  const char* permission;
  std::set<std::string> roles;  // of a partner, that have it
};

TEST(Policy, WhatEachRoleOfAPartnerMayDo) {
  const std::set<std::string> all = {"global_admin",          "admin_agent",    "sales_agent",
                                     "user_management_admin", "helpdesk_agent", "referral_admin"};
  const std::set<std::string> readers = {"global_admin", "admin_agent", "sales_agent", "user_management_admin",
                                         "helpdesk_agent"};
  const std::set<std::string> sellers = {"global_admin", "admin_agent", "sales_agent"};
  const Row rows[] = {
      {"customers.create", {"global_admin", "admin_agent", "sales_agent", "user_management_admin"}},
      {"customers.import", sellers},
      {"customers.update", sellers},
      {"customers.get", readers},
      {"customers.list", readers},
      {"invitations.create", sellers},
      {"invitations.send", sellers},
      {"invitations.cancel", sellers},
      {"invitations.accept", {}},
      {"customerRelationships.terminate", {"global_admin"}},
      {"customerRelationships.get", readers},
      {"auditRecords.list", readers},
      {"events.list", readers},
      {"partners.get", all},
      {"partners.list", {}},
      {"partners.update", {}},
      {"importSources.create", {}},
      {"terminationHolds.upsert", {}},
      {"organizations.resolve", {}},
      {"no.such", {}},
  };
  for (const Row& row : rows) {
    for (const std::string& role : all) {
      const bool expected = row.roles.count(role) > 0;
      EXPECT_EQ(Allowed(Of(PrincipalKind::kPartnerUser, {role}), row.permission), expected)
          << role << " " << row.permission;
      EXPECT_EQ(Allowed(Of(PrincipalKind::kPartnerApplication, {role}), row.permission), expected);
      // A partner's role means nothing to others; a customer's administrator is not a partner's.
      EXPECT_FALSE(Allowed(Of(PrincipalKind::kApplication, {role}), "customers.get"));
      EXPECT_FALSE(Allowed(Of(PrincipalKind::kCustomer, {role}), "customers.get"));
    }
    EXPECT_FALSE(Allowed(Of(PrincipalKind::kPartnerUser), row.permission)) << row.permission;
  }
}

TEST(Policy, ACustomersAdministratorActsForItsOrganisation) {
  const Principal administrator = Of(PrincipalKind::kCustomer, {"global_admin"});
  EXPECT_TRUE(Allowed(administrator, "invitations.accept"));
  EXPECT_TRUE(Allowed(administrator, "customerRelationships.terminate"));
  EXPECT_TRUE(Allowed(administrator, "terminationHolds.list"));
  EXPECT_FALSE(Allowed(administrator, "customerRelationships.list"));
  EXPECT_FALSE(NeedsCustomerRole(administrator, "invitations.accept"));
  EXPECT_FALSE(Allowed(Of(PrincipalKind::kCustomer), "invitations.accept"));
  EXPECT_TRUE(NeedsCustomerRole(Of(PrincipalKind::kCustomer), "invitations.accept"));
  EXPECT_FALSE(NeedsCustomerRole(Of(PrincipalKind::kCustomer), "customers.get"));
  EXPECT_FALSE(NeedsCustomerRole(Of(PrincipalKind::kPartnerUser), "invitations.accept"));
}

TEST(Policy, Machines) {
  const Principal peer = Of(PrincipalKind::kPeer);
  EXPECT_TRUE(Allowed(peer, "organizations.resolve"));
  EXPECT_TRUE(Allowed(peer, "events.list"));
  EXPECT_FALSE(Allowed(peer, "terminationHolds.upsert"));
  const Principal service = Of(PrincipalKind::kService);
  EXPECT_FALSE(Allowed(service, "organizations.resolve"));
  EXPECT_TRUE(Allowed(service, "terminationHolds.upsert"));
  EXPECT_TRUE(Allowed(service, "events.list"));
  EXPECT_TRUE(Allowed(service, "customers.import"));
  EXPECT_TRUE(Allowed(service, "customers.list"));
  EXPECT_FALSE(Allowed(service, "invitations.list"));
  EXPECT_FALSE(Allowed(service, "auditRecords.list"));
  EXPECT_FALSE(Allowed(service, "customers.create"));
  EXPECT_FALSE(Allowed(service, "partners.update"));
  const Principal portal = Of(PrincipalKind::kApplication);
  EXPECT_TRUE(Allowed(portal, "customers.import"));
  EXPECT_FALSE(Allowed(portal, "customers.list"));
}

TEST(Policy, OperatorsAndReaders) {
  const Principal operator_ = Of(PrincipalKind::kOperator);
  EXPECT_TRUE(Allowed(operator_, "partners.create"));
  EXPECT_TRUE(Allowed(operator_, "importSources.create"));
  EXPECT_TRUE(Allowed(operator_, "customers.import"));
  EXPECT_TRUE(Allowed(operator_, "terminationHolds.delete"));
  EXPECT_FALSE(Allowed(operator_, "terminationHolds.upsert"));
  EXPECT_FALSE(Allowed(operator_, "customers.create"));
  EXPECT_FALSE(Allowed(operator_, "organizations.resolve"));
  for (const PrincipalKind kind : {PrincipalKind::kReviewer, PrincipalKind::kSupportReader}) {
    EXPECT_TRUE(Allowed(Of(kind), "customers.get"));
    EXPECT_TRUE(Allowed(Of(kind), "partners.list"));
    EXPECT_FALSE(Allowed(Of(kind), "customers.update"));
    EXPECT_FALSE(Allowed(Of(kind), "customers.import"));
  }
}

TEST(Principal, WhoServesAllPartners) {
  EXPECT_TRUE(Of(PrincipalKind::kPeer).ServesAllPartners());
  EXPECT_TRUE(Of(PrincipalKind::kService).ServesAllPartners());
  EXPECT_TRUE(Of(PrincipalKind::kOperator).ServesAllPartners());
  EXPECT_TRUE(Of(PrincipalKind::kSupportReader).ServesAllPartners());
  EXPECT_FALSE(Of(PrincipalKind::kPartnerUser).ServesAllPartners());
  EXPECT_FALSE(Of(PrincipalKind::kApplication).ServesAllPartners());
  EXPECT_FALSE(Of(PrincipalKind::kCustomer).ServesAllPartners());
}

}  // namespace
}  // namespace clientele::auth
