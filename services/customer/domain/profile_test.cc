#include "services/customer/domain/profile.h"

#include <gmock/gmock.h>

#include <functional>

#include "services/customer/domain/sample_customers_test.h"

namespace clientele::customer {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Broken {
  const char* what;
  std::function<void(Customer&)> breaks;
  const char* field;
  const char* reason;
  const char* pc_code;
};

class ProfileRule : public ::testing::TestWithParam<Broken> {};

TEST_P(ProfileRule, IsOneViolationWithItsPath) {
  Customer customer = Contoso();
  GetParam().breaks(customer);
  std::vector<FieldViolation> violations;
  CheckProfile(TestPolicy(), BillingRule::kDemanded, "customer.", customer, &violations);
  EXPECT_THAT(violations, ElementsAre(AllOf(Field(&FieldViolation::field, GetParam().field),
                                            Field(&FieldViolation::reason, GetParam().reason),
                                            Field(&FieldViolation::pc_code, GetParam().pc_code))));
  EXPECT_FALSE(customer.profile_complete);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ProfileRule,
    ::testing::Values(
        Broken{"NoCompany", [](Customer& c) { c.company_name = "  "; }, "customer.company_name", "REQUIRED", ""},
        Broken{"NoBilling", [](Customer& c) { c.billing_profile.reset(); }, "customer.billing_profile", "REQUIRED", ""},
        Broken{"NoPayer", [](Customer& c) { c.billing_profile->company_name = ""; },
               "customer.billing_profile.company_name", "REQUIRED", ""},
        Broken{"Email", [](Customer& c) { c.billing_profile->email = "ap@"; }, "customer.billing_profile.email",
               "EMAIL_ADDRESS", ""},
        Broken{"Culture", [](Customer& c) { c.billing_profile->culture = "de-DE"; }, "customer.billing_profile.culture",
               "CULTURE", ""},
        Broken{"Language", [](Customer& c) { c.billing_profile->language = "zz"; }, "customer.billing_profile.language",
               "LANGUAGE", ""},
        Broken{"Currency", [](Customer& c) { c.billing_profile->currency = "XYZ"; },
               "customer.billing_profile.currency", "CURRENCY", ""},
        Broken{"Street", [](Customer& c) { c.billing_profile->default_address.address_line1 = ""; },
               "customer.billing_profile.default_address.address_line1", "REQUIRED", ""},
        Broken{"UnitedKingdom", [](Customer& c) { c.billing_profile->default_address.country = "UK"; },
               "customer.billing_profile.default_address.country", "COUNTRY", ""},
        Broken{"State", [](Customer& c) { c.billing_profile->default_address.state = "Bavaria"; },
               "customer.billing_profile.default_address.state", "SUBDIVISION", ""},
        Broken{"PostalCode", [](Customer& c) { c.billing_profile->default_address.postal_code = "9805"; },
               "customer.billing_profile.default_address.postal_code", "POSTAL_CODE", ""},
        Broken{"Registration", [](Customer& c) { c.organization_registration_number = "123"; },
               "customer.organization_registration_number", "NOT_SUPPORTED", "600002"},
        Broken{"ContactPhone",
               [](Customer& c) {
                 c.contacts = {{"Ann", "Lee", "ann@contoso.com", "12"}};
               },
               "customer.contacts[0].phone_number", "PHONE_NUMBER", ""},
        Broken{"ContactName",
               [](Customer& c) {
                 c.contacts = {{"", "Lee", "ann@contoso.com", ""}};
               },
               "customer.contacts[0].first_name", "REQUIRED", ""}),
    [](const auto& info) { return info.param.what; });

TEST(ProfileTest, TakesWhatPassesInTheFormItIsStoredIn) {
  Customer customer = Contoso();
  customer.billing_profile->culture = "EN-us";
  customer.billing_profile->language = "EN";
  customer.billing_profile->email = "AP@Contoso.COM";
  customer.billing_profile->default_address.country = "us";
  customer.billing_profile->default_address.state = "Washington";
  customer.billing_profile->default_address.phone_number = "425 555 0100";
  customer.contacts = {{" Ann ", "Lee", "ann@contoso.com", "(425) 555-0101"}};
  std::vector<FieldViolation> violations;
  CheckProfile(TestPolicy(), BillingRule::kDemanded, "customer.", customer, &violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_TRUE(customer.profile_complete);
  EXPECT_EQ(customer.billing_profile->culture, "en-US");
  EXPECT_EQ(customer.billing_profile->language, "en");
  EXPECT_EQ(customer.billing_profile->email, "AP@contoso.com");
  EXPECT_EQ(customer.billing_profile->default_address.country, "US");
  EXPECT_EQ(customer.billing_profile->default_address.state, "WA");
  EXPECT_EQ(customer.billing_profile->default_address.phone_number, "+14255550100");
  EXPECT_EQ(customer.contacts[0].phone_number, "+14255550101");
  EXPECT_EQ(customer.contacts[0].first_name, "Ann");
}

TEST(ProfileTest, TellsAllAtOnce) {
  Customer customer = Contoso();
  customer.company_name = "";
  customer.billing_profile->email = "";
  customer.billing_profile->default_address.country = "RU";
  customer.billing_profile->default_address.postal_code = "1";
  customer.billing_profile->default_address.state = "";
  std::vector<FieldViolation> violations;
  CheckProfile(TestPolicy(), BillingRule::kDemanded, "", customer, &violations);
  std::vector<std::string> fields;
  fields.reserve(violations.size());
  for (const FieldViolation& violation : violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, UnorderedElementsAre(
                          "company_name", "billing_profile.email", "billing_profile.default_address.postal_code",
                          "billing_profile.default_address.phone_number", "organization_registration_number"));
}

TEST(ProfileTest, AListMayComeWithoutBilling) {
  Customer customer = Contoso();
  customer.billing_profile.reset();
  std::vector<FieldViolation> violations;
  CheckProfile(TestPolicy(), BillingRule::kOptional, "", customer, &violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_FALSE(customer.profile_complete);
}

TEST(ProfileTest, AnOrganizationsDomainIsItsOwn) {
  for (const auto& [text, reason] : std::map<std::string, std::string>{{"gmail.com", "FREE_MAIL_DOMAIN"},
                                                                       {"mail.gmail.com", "FREE_MAIL_DOMAIN"},
                                                                       {"co.uk", "PUBLIC_SUFFIX"},
                                                                       {"contoso", "DOMAIN_NAME"}}) {
    std::vector<FieldViolation> violations;
    std::string domain = text;
    CheckOrganizationDomain(TestPolicy(), "domain", domain, &violations);
    EXPECT_THAT(violations, ElementsAre(Field(&FieldViolation::reason, reason))) << text;
  }
  std::vector<FieldViolation> violations;
  std::string domain = "Bücher.Example";
  CheckOrganizationDomain(TestPolicy(), "domain", domain, &violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(domain, "xn--bcher-kva.example");
}

TEST(ProfileTest, AnEmptyIssuerIsTheVendorsDirectory) {
  std::vector<DirectoryTenant> tenants{{"", kTenantId}, {"https://other.example", kTenantId}};
  CompleteTenants(TestPolicy(), tenants);
  EXPECT_EQ(tenants[0].issuer, kIssuer);
  EXPECT_EQ(tenants[1].issuer, "https://other.example");
}

}  // namespace
}  // namespace clientele::customer
