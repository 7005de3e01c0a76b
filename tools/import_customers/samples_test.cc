// The committed samples hold what tools/samples/README.md says of them.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "common/market/address.h"
#include "common/market/cloud.h"
#include "common/market/culture.h"
#include "common/market/domain_name.h"
#include "common/market/market.h"
#include "common/market/phone_number.h"
#include "tools/import_customers/customer_list.h"
#include "tools/import_customers/files.h"

namespace clientele::import_customers {
namespace {

const market::Markets& TheMarkets() {
  static const auto* const markets = new market::Markets(*market::Markets::Load("deploy/markets/markets.json"));
  return *markets;
}

CustomerList ReadSample(const std::string& name) {
  const auto text = ReadTextFile("tools/samples/" + name);
  EXPECT_TRUE(text.ok()) << text.status();
  const auto list = ReadCustomerList(*text);
  EXPECT_TRUE(list.ok()) << list.status();
  return *list;
}

// What the market rules say of a row; its region goes to `region`.
std::vector<FieldViolation> CheckRow(const customer::v1::ImportRow& row, std::string* region) {
  std::vector<FieldViolation> violations;
  market::CheckDomainName("primary_domain", row.primary_domain(), &violations);
  const auto& billing = row.customer().billing_profile();
  const auto& from = billing.default_address();
  market::Address address{from.address_line1(), from.address_line2(), from.city(),       from.state(),
                          from.postal_code(),   from.country(),       from.first_name(), from.middle_name(),
                          from.last_name(),     from.phone_number()};
  const market::Market* market =
      market::CheckAddress("billing_profile.default_address", TheMarkets(), &address, &violations);
  market::CheckEmailAddress("billing_profile.email", billing.email(), &violations);
  for (const auto& contact : row.customer().contacts()) {
    market::CheckEmailAddress("contacts.1.email", contact.email(), &violations);
    if (!contact.phone_number().empty()) {
      market::CheckPhoneNumber("contacts.1.phone_number", from.country(), contact.phone_number(), &violations);
    }
  }
  market::CheckCurrency("billing_profile.currency", TheMarkets(), billing.currency(), &violations);
  if (market == nullptr) return violations;
  *region = market->csp_region;
  market::CheckCulture("billing_profile.culture", market, billing.culture(), &violations);
  market::CheckLanguage("billing_profile.language", market, billing.language(), &violations);
  std::string number = row.customer().organization_registration_number();
  market::CheckRegistrationNumber("organization_registration_number", *market, &number, &violations);
  return violations;
}

TEST(Samples, AThousandCustomersInTwentyCountriesOfTwoRegionsPassEveryRule) {
  std::map<std::string, std::set<std::string>> countries;  // of a region
  std::set<std::string> tenants, domains, names, external_ids;
  size_t rows = 0;
  for (const char* name : {"northwind.csv", "tailspin.csv"}) {
    const CustomerList list = ReadSample(name);
    EXPECT_TRUE(list.broken.empty());
    std::set<std::string> regions;
    for (const ListRow& row : list.rows) {
      std::string region;
      for (const FieldViolation& violation : CheckRow(row.import, &region)) {
        ADD_FAILURE() << name << ":" << row.line << " " << violation.field << " " << violation.description;
      }
      EXPECT_TRUE(Uuid::Parse(row.import.tenant_id()).has_value()) << row.line;
      EXPECT_EQ(row.import.relationship(), "Reseller");
      regions.insert(region);
      countries[region].insert(row.import.customer().billing_profile().default_address().country());
      tenants.insert(row.import.tenant_id());
      domains.insert(row.import.primary_domain());
      names.insert(row.import.company_name());
      external_ids.insert(row.import.customer().external_id());
      ++rows;
    }
    EXPECT_EQ(regions.size(), 1u) << name;
  }
  EXPECT_EQ(rows, 1000u);
  for (const auto& unique : {tenants, domains, names, external_ids}) EXPECT_EQ(unique.size(), rows);
  EXPECT_EQ(countries.size(), 2u);
  EXPECT_EQ(countries["europe"].size() + countries["middle-east-central-eastern-europe"].size(), 20u);
}

TEST(Samples, PartnerCentersExportIsOfTheSameCustomers) {
  const CustomerList full = ReadSample("northwind.csv");
  const CustomerList exported = ReadSample("northwind.partner-center.csv");
  ASSERT_EQ(exported.rows.size(), full.rows.size());
  for (size_t i = 0; i < full.rows.size(); ++i) {
    EXPECT_EQ(exported.rows[i].import.tenant_id(), full.rows[i].import.tenant_id());
    EXPECT_EQ(exported.rows[i].import.primary_domain(), full.rows[i].import.primary_domain());
    EXPECT_FALSE(exported.rows[i].import.has_customer());
  }
}

// Which fields the market rules judge; the others are the service's own.
bool IsOfTheMarket(const std::string& field, const customer::v1::ImportRow& row) {
  static const std::set<std::string> judged = {"primary_domain",           "billing_profile.email",
                                               "billing_profile.culture",  "billing_profile.language",
                                               "billing_profile.currency", "contacts.1.email",
                                               "contacts.1.phone_number",  "organization_registration_number"};
  if (row.primary_domain() == "gmail.com") return false;
  return judged.count(field) > 0 || absl::StartsWith(field, "billing_profile.default_address.");
}

TEST(Samples, TheRefusedListExpectsWhatTheRulesSay) {
  const CustomerList list = ReadSample("refused.csv");
  EXPECT_EQ(list.broken.size(), 6u);
  for (const BrokenLine& broken : list.broken)
    EXPECT_TRUE(absl::StartsWith(broken.raw, "MALFORMED_LINE")) << broken.raw;
  std::set<std::string> reasons;
  size_t judged = 0;
  for (const ListRow& row : list.rows) {
    const std::string& expect = row.fields[0];
    const size_t colon = expect.find(':');
    reasons.insert(expect.substr(0, colon));
    std::string region;
    const auto violations = CheckRow(row.import, &region);
    if (colon == std::string::npos) {
      EXPECT_TRUE(expect == "REGION_MISMATCH" ? region == "united-states" : region != "united-states") << expect;
      continue;
    }
    const std::string field = expect.substr(colon + 1);
    bool found = false;
    for (const FieldViolation& violation : violations) {
      found = found || violation.field == field;
      EXPECT_EQ(violation.field, field) << "line " << row.line << ": " << violation.description;
    }
    const auto& address = row.import.customer().billing_profile().default_address();
    const bool too_long = address.address_line1().size() > 200 || address.address_line2().size() > 200 ||
                          address.first_name().size() > 50;
    if (!IsOfTheMarket(field, row.import) || too_long) continue;
    EXPECT_TRUE(found) << "line " << row.line << ": " << expect;
    ++judged;
  }
  EXPECT_GE(judged, 28u);
  for (const char* reason :
       {"INVALID_FIELD", "RELATIONSHIP_KIND_NOT_IMPORTABLE", "REGION_MISMATCH", "INVITATION_REQUIRED", "DUPLICATE_ROW",
        "PARTNER_IS_CUSTOMER", "EXTERNAL_ID_TAKEN", "DOMAIN_CONFLICT", "CREATED", "ALREADY_PRESENT"}) {
    EXPECT_EQ(reasons.count(reason), 1u) << reason;
  }
}

TEST(Samples, GmailIsRefusedByTheCloud) {
  EXPECT_TRUE(market::Cloud::Load("deploy/clouds/global.json", "global")->IsFreeMailDomain("gmail.com"));
}

}  // namespace
}  // namespace clientele::import_customers
