#include "services/customer/domain/import.h"

#include <gmock/gmock.h>

#include "common/core/error.h"
#include "services/customer/domain/sample_customers_test.h"

namespace clientele::customer {
namespace {

TEST(CheckListTime, RefusesTheFuture) {
  const absl::Time now = absl::FromUnixSeconds(1767225600);
  EXPECT_TRUE(CheckListTime(std::nullopt, now).ok());
  EXPECT_TRUE(CheckListTime(now + absl::Minutes(5), now).ok());
  EXPECT_EQ(FieldViolationsOf(CheckListTime(now + absl::Minutes(6), now))[0].reason, "FUTURE");
}

using ::testing::ElementsAre;

constexpr char kOne[] = "0190c000-0000-7000-8000-00000000000a";
constexpr char kTwo[] = "0190c000-0000-7000-8000-00000000000b";
constexpr char kSaga[] = "0190c000-0000-7000-8000-00000000000c";

ImportRow RowOf(const std::string& tenant, const std::string& domain) {
  ImportRow row;
  row.relationship = "Reseller";
  row.account = Contoso();
  row.account.primary_domain = domain;
  row.account.directory_tenants = {{kIssuer, tenant}};
  return row;
}

struct Case {
  const char* what;
  RowFacts facts;
  bool vouched;
  RowAction action;
  const char* reason;
};

class Decision : public ::testing::TestWithParam<Case> {};

TEST_P(Decision, FollowsFromWhatStands) {
  const Vouching vouching{GetParam().vouched, "importSources/office", "importSources/office", kIssuer};
  const RowDecision decision = DecideRow(GetParam().facts, RowOf(kTenantId, "contoso.com"), vouching);
  EXPECT_EQ(decision.action, GetParam().action);
  EXPECT_EQ(ReasonOf(decision.refusal), GetParam().reason);
}

RowFacts Facts(const char* tenant, const char* domain) {
  RowFacts facts;
  facts.tenant_organization = tenant;
  facts.domain_organization = domain;
  return facts;
}

RowFacts Own(AccountState state, bool elsewhere = false) {
  RowFacts facts = Facts(kOne, kOne);
  facts.has_account = true;
  facts.state = state;
  facts.elsewhere = elsewhere;
  return facts;
}

RowFacts Elsewhere() {
  RowFacts facts = Facts(kOne, "");
  facts.elsewhere = true;
  return facts;
}

RowFacts InTheMakingElsewhere(RowFacts facts) {
  facts.elsewhere_saga = kSaga;
  return facts;
}

RowFacts TakenExternalId() {
  RowFacts facts;
  facts.external_id_customer = kTwo;
  return facts;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Decision,
    ::testing::Values(
        Case{"New", {}, true, RowAction::kCreate, ""},
        Case{"NewByThePartnerItself", {}, false, RowAction::kRefuse, "INVITATION_REQUIRED"},
        Case{"KeysOfTwo", Facts(kOne, kTwo), true, RowAction::kRefuse, "DOMAIN_CONFLICT"},
        Case{"ReservedOrganization", Facts(kOne, ""), true, RowAction::kCreate, ""},
        Case{"Elsewhere", Elsewhere(), true, RowAction::kRefuse, "INVITATION_REQUIRED"},
        Case{"Present", Own(AccountState::kActive), true, RowAction::kPresent, ""},
        Case{"PresentByThePartnerItself", Own(AccountState::kActive), false, RowAction::kPresent, ""},
        Case{"PresentHereAndElsewhere", Own(AccountState::kActive, true), true, RowAction::kPresent, ""},
        Case{"InTheMaking", Own(AccountState::kProvisioning), true, RowAction::kWait, ""},
        Case{"Ended", Own(AccountState::kEnded), true, RowAction::kRevive, ""},
        Case{"EndedByThePartnerItself", Own(AccountState::kEnded), false, RowAction::kRefuse, "INVITATION_REQUIRED"},
        Case{"EndedAndElsewhere", Own(AccountState::kEnded, true), true, RowAction::kRefuse, "INVITATION_REQUIRED"},
        Case{"InTheMakingElsewhere", InTheMakingElsewhere(Facts(kOne, "")), true, RowAction::kWait, ""},
        Case{"EndedAndInTheMakingElsewhere", InTheMakingElsewhere(Own(AccountState::kEnded)), true, RowAction::kWait,
             ""},
        Case{"PresentAndInTheMakingElsewhere", InTheMakingElsewhere(Own(AccountState::kActive)), true,
             RowAction::kPresent, ""},
        Case{"InTheMakingElsewhereByThePartnerItself", InTheMakingElsewhere(Facts(kOne, "")), false, RowAction::kRefuse,
             "INVITATION_REQUIRED"},
        Case{"ExternalId", TakenExternalId(), true, RowAction::kRefuse, "EXTERNAL_ID_TAKEN"}),
    [](const auto& info) { return info.param.what; });

TEST(ImportTest, SaysWhatTheOrganizationLacks) {
  const Vouching vouched{true, "operator:1", "", kIssuer};
  const RowDecision by_tenant = DecideRow(Facts(kOne, ""), RowOf(kTenantId, "contoso.com"), vouched);
  EXPECT_EQ(by_tenant.customer, kOne);
  EXPECT_TRUE(by_tenant.new_domain);
  EXPECT_FALSE(by_tenant.new_tenant);
  const RowDecision fresh = DecideRow({}, RowOf(kTenantId, "contoso.com"), vouched);
  EXPECT_EQ(fresh.customer, "");
  EXPECT_FALSE(fresh.new_domain);
}

TEST(ImportTest, DuplicatesAreTheLaterRowsWithATenantOrADomainOfAnEarlierOne) {
  const ImportRow one = RowOf("t1", "a.com"), two = RowOf("t2", "b.com"), same_tenant = RowOf("t1", "c.com"),
                  same_domain = RowOf("t3", "b.com"), of_a_refused_one = RowOf("t4", "d.com");
  EXPECT_THAT(FindDuplicates({&one, &two, &same_tenant, &same_domain, nullptr, &of_a_refused_one}),
              ElementsAre(std::nullopt, std::nullopt, 0, 1, std::nullopt, std::nullopt));
}

TEST(ImportTest, OnlyAResellersCustomersAreImported) {
  for (const char* kind : {"Reseller", "reseller", " RESELLER "}) {
    ImportRow row = RowOf(kTenantId, "contoso.com");
    row.relationship = kind;
    EXPECT_TRUE(CheckRow(TestPolicy(), {}, row).ok()) << kind;
  }
  for (const char* kind : {"None", "Advisor", "Syndication"}) {
    ImportRow row = RowOf(kTenantId, "contoso.com");
    row.relationship = kind;
    EXPECT_EQ(ReasonOf(CheckRow(TestPolicy(), {}, row)), "RELATIONSHIP_KIND_NOT_IMPORTABLE") << kind;
  }
}

TEST(ImportTest, TellsEachFieldOfARowOnceWithItsPathInTheRow) {
  ImportRow row = RowOf(kTenantId, "gmail.com");
  row.account.billing_profile->default_address.postal_code = "1";
  row.account.company_name = "";
  const absl::Status status = CheckRow(TestPolicy(), {{"company_name", "is required", "REQUIRED", ""}}, row);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolationsOf(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ElementsAre("company_name", "primary_domain", "customer.billing_profile.default_address.postal_code"));
}

}  // namespace
}  // namespace clientele::customer
