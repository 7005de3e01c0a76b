#include "services/customer/domain/create.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "services/customer/domain/organization.h"
#include "services/customer/domain/partner.h"
#include "services/customer/domain/sample_customers_test.h"

namespace clientele::customer {
namespace {

using ::testing::ElementsAre;

TEST(CreateTest, TakesACompleteCustomerInItsStoredForm) {
  Customer customer = Contoso();
  customer.primary_domain = "Contoso.COM";
  customer.directory_tenants = {{"", kTenantId}};
  ASSERT_TRUE(CheckNewCustomer(TestPolicy(), customer).ok());
  EXPECT_EQ(customer.primary_domain, "contoso.com");
  EXPECT_EQ(customer.directory_tenants[0].issuer, kIssuer);
}

TEST(CreateTest, TellsEveryViolationAtOnce) {
  Customer customer = Contoso();
  customer.primary_domain = "outlook.com";
  customer.directory_tenants = {{"", kTenantId}, {"", kCustomerId}};
  customer.billing_profile.reset();
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolationsOf(CheckNewCustomer(TestPolicy(), customer))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("customer.primary_domain", "customer.directory_tenants", "customer.billing_profile"));
}

TEST(CreateTest, ACloudCanBeClosedToNewCustomers) {
  Customer customer = Contoso();
  EXPECT_EQ(ReasonOf(CheckNewCustomer(PolicyOf("germany"), customer)), "NEW_CUSTOMERS_NOT_ACCEPTED");
}

TEST(CreateTest, ATakenKeySaysWhatToDo) {
  const Customer wanted = Contoso();
  TakenKeys taken;
  EXPECT_TRUE(CheckFree(taken, wanted).ok());
  taken.domain.organization = kCustomerId;
  const auto hint = [&] {
    const absl::Status status = CheckFree(taken, wanted);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(ReasonOf(status), "DOMAIN_TAKEN");
    return absl::StrCat(MetadataOf(status)["hint"], " ", MetadataOf(status)["customer"]);
  };
  const std::string own = CustomerName({kPartner, kCustomerId});
  EXPECT_EQ(hint(), "INVITE ") << "another partner's is not named";
  taken.domain.own = AccountState::kProvisioning;
  EXPECT_EQ(hint(), "BEING_CREATED ");
  taken.domain.own = AccountState::kActive;
  EXPECT_EQ(hint(), "TAKEN_BY_YOUR_CUSTOMER " + own);
  taken.domain.own = AccountState::kEnded;
  EXPECT_EQ(hint(), "INVITE " + own);

  Customer with_tenant = wanted;
  with_tenant.directory_tenants = {{kIssuer, kTenantId}};
  taken = TakenKeys();
  taken.tenant.organization = kCustomerId;
  EXPECT_EQ(ReasonOf(CheckFree(taken, with_tenant)), "TENANT_TAKEN");
  taken = TakenKeys();
  taken.external_id_customer = kCustomerId;
  EXPECT_EQ(ReasonOf(CheckFree(taken, wanted)), "EXTERNAL_ID_TAKEN");
  EXPECT_EQ(MetadataOf(CheckFree(taken, wanted)).count("customer"), 0U);
  taken.external_id_visible = true;
  EXPECT_EQ(MetadataOf(CheckFree(taken, wanted))["customer"], own);
}

TEST(PartnerTest, MayHaveACustomerByItsKindAgreementRegionAndSelf) {
  const PartnerFact good{kPartner, "US", "united-states", {1}, kAgreementSigned, {kIssuer, kTenantId}, 1};
  EXPECT_TRUE(CheckPartner(good, AccountOrigin::kCreate, "united-states", {}).ok());
  EXPECT_TRUE(CheckPartner(good, AccountOrigin::kImport, "", {}).ok());
  EXPECT_EQ(ReasonOf(CheckPartner(good, AccountOrigin::kCreate, "europe", {})), "REGION_MISMATCH");
  EXPECT_EQ(ReasonOf(CheckPartner(good, AccountOrigin::kCreate, "united-states", {{kIssuer, kTenantId}})),
            "PARTNER_IS_CUSTOMER");
  PartnerFact pending = good;
  pending.agreement_state = 1;
  EXPECT_EQ(ReasonOf(CheckPartner(pending, AccountOrigin::kImport, "", {})), "MPA_NOT_SIGNED");
  PartnerFact reseller = good;
  reseller.kinds = {kIndirectReseller};
  const absl::Status status = CheckPartner(reseller, AccountOrigin::kCreate, "united-states", {});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), "RESELLER_CANNOT_CREATE_CUSTOMER");
  EXPECT_TRUE(CheckPartner(reseller, AccountOrigin::kImport, "united-states", {}).ok());
}

TEST(OrganizationTest, IsFoundMadeOrGivenWhatItLacks) {
  const OrganizationKeys keys{DirectoryTenant{kIssuer, kTenantId}, {"contoso.com", "contoso.de"}, ""};
  EXPECT_EQ(ReasonOf(Resolve(keys, {}, false, "new").status()), "ORGANIZATION_NOT_FOUND");

  const auto made = Resolve(keys, {}, true, "new");
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->changed);
  EXPECT_EQ(made->organization.id, "new");
  EXPECT_EQ(made->organization.primary_domain, "contoso.com");
  EXPECT_THAT(made->organization.custom_domains, ElementsAre("contoso.de"));
  EXPECT_THAT(made->new_domains, ElementsAre("contoso.com", "contoso.de"));

  EXPECT_FALSE(Resolve(keys, {made->organization}, true, "other")->changed);
  Organization known = made->organization;
  known.custom_domains.clear();
  known.tenants.clear();
  const auto grown = Resolve(keys, {known}, true, "other");
  EXPECT_TRUE(grown->changed);
  EXPECT_EQ(grown->organization.id, "new");
  EXPECT_THAT(grown->new_domains, ElementsAre("contoso.de"));
  EXPECT_THAT(grown->new_tenants, ElementsAre(*keys.tenant));

  Organization provisional = made->organization;
  provisional.provisional = true;
  EXPECT_TRUE(Resolve(keys, {provisional}, true, "other")->changed) << "it stands from now on";
  Organization another = known;
  another.id = "another";
  EXPECT_EQ(ReasonOf(Resolve(keys, {known, another}, true, "x").status()), "ORGANIZATION_AMBIGUOUS");
}

}  // namespace
}  // namespace clientele::customer
