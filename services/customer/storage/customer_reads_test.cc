#include <gmock/gmock.h>

#include "absl/strings/match.h"
#include "services/customer/storage/customer_fixture_test.h"
#include "services/customer/storage/import_source_store.h"
#include "services/customer/storage/partner_facts.h"

namespace clientele::customer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CustomerReadsTest : public CustomerTest {
 protected:
  static pg::PageRequest Wanted(const std::string& order = "create_time", bool descending = false) {
    pg::PageRequest wanted{{}, CustomerListing().orders.at(order), {}, 3};
    for (pg::SortColumn& column : wanted.order) column.descending = descending;
    return wanted;
  }

  // Every page, one after the other.
  std::vector<std::string> Domains(pg::PageRequest wanted, const CustomerStore::Selection& selection = {kPartner}) {
    std::vector<std::string> domains;
    while (true) {
      const auto page = CustomerStore::List(*session_, selection, wanted);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return domains;
      EXPECT_LE(static_cast<int>(page->size()), wanted.size);
      for (const Customer& customer : *page) domains.push_back(customer.primary_domain);
      if (page->next().empty()) return domains;
      wanted.after = page->next();
    }
  }

  Customer Named(const std::string& domain, const std::string& company) {
    Customer customer = NewCustomer(domain);
    customer.company_name = company;
    return CreateActive(customer);
  }

  pg::Predicate Compare(const std::string& field, pg::Comparison comparison, const std::string& value) {
    pg::Predicate predicate;
    predicate.kind = pg::Predicate::Kind::kCompare;
    predicate.field = &CustomerListing().fields.at(field);
    predicate.comparison = comparison;
    predicate.value = predicate.field->normalise == nullptr ? value : predicate.field->normalise(value);
    return predicate;
  }
};

TEST_F(CustomerReadsTest, PagesHoldEveryCustomerOnceInBothDirections) {
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i) {
    // Some at the same time, so that the id decides.
    if (i % 3 == 0) clock_.Advance(absl::Microseconds(1));
    Customer customer = NewCustomer(absl::StrCat("c", i, ".example"));
    customer.name.customer = Uuid::NewV7(absl::FromUnixMillis(1767225600000 + i)).ToString();
    CreateActive(customer);
    expected.push_back(customer.primary_domain);
  }
  CreateActive("other.example", kOtherPartner);
  EXPECT_EQ(Domains(Wanted()), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(Domains(Wanted("create_time", true)), expected);
}

TEST_F(CustomerReadsTest, NamesSortByTheirKey) {
  Named("z.example", "łódź GmbH");
  Named("a.example", "Zeta");
  Named("m.example", "Alpha");
  Named("n.example", "alpha");
  const std::vector<std::string> domains = Domains(Wanted("company_name"));
  ASSERT_EQ(domains.size(), 4U);
  EXPECT_THAT((std::vector<std::string>{domains[2], domains[3]}), ElementsAre("z.example", "a.example"));
  EXPECT_EQ(Domains(Wanted("company_name", true)).front(), "a.example");
}

TEST_F(CustomerReadsTest, FiltersByEachField) {
  Named("contoso.example", "Contoso Ltd.");
  Customer fabrikam = NewCustomer("fabrikam.example");
  fabrikam.external_id = "crm-7";
  CreateActive(fabrikam);
  const auto domains = [&](const std::string& field, pg::Comparison comparison, const std::string& value) {
    pg::PageRequest wanted = Wanted();
    wanted.filter = Compare(field, comparison, value);
    return Domains(wanted);
  };
  using pg::Comparison;
  EXPECT_THAT(domains("company_name", Comparison::kEqual, "CONTOSO ltd."), ElementsAre("contoso.example"));
  EXPECT_THAT(domains("company_name", Comparison::kPrefix, "Con"), ElementsAre("contoso.example"));
  EXPECT_THAT(domains("primary_domain", Comparison::kEqual, "Fabrikam.Example"), ElementsAre("fabrikam.example"));
  EXPECT_THAT(domains("primary_domain", Comparison::kPrefix, "fabri"), ElementsAre("fabrikam.example"));
  EXPECT_THAT(domains("external_id", Comparison::kEqual, "crm-7"), ElementsAre("fabrikam.example"));
  EXPECT_THAT(domains("origin", Comparison::kEqual, "1"),
              ::testing::UnorderedElementsAre("contoso.example", "fabrikam.example"));
  EXPECT_THAT(domains("profile_complete", Comparison::kEqual, "false"), IsEmpty());
  EXPECT_THAT(domains("create_time", Comparison::kGreater, "2026-06-01T00:00:00Z"), IsEmpty());
  EXPECT_EQ(CustomerListing().fields.at("state").words.at("ENDED"), 2);
  EXPECT_EQ(CustomerListing().fields.at("state").words.at("CUSTOMER_STATE_ENDED"), 2);
  EXPECT_EQ(CustomerListing().fields.at("origin").words.at("CUSTOMER_ORIGIN_IMPORT"), 2);
}

TEST_F(CustomerReadsTest, EndedOnesAreShownOnlyWhenAskedFor) {
  const Customer ended = CreateActive("ended.example");
  CreateActive("active.example");
  CallContext call = CallOf();
  ASSERT_TRUE(customers_.End(*session_, call, ended.name, {1, 2, 1, 2}, clock_.Now()).ok());
  const Customer making = NewCustomer("making.example");
  ASSERT_TRUE(provisioning_.Create(*session_, call, making, SagaOf(making)).ok());
  EXPECT_THAT(Domains(Wanted()), ElementsAre("active.example"));
  const CustomerStore::Selection all{kPartner, true};
  EXPECT_THAT(Domains(Wanted(), all), ::testing::UnorderedElementsAre("active.example", "ended.example"));
  pg::PageRequest wanted = Wanted();
  wanted.filter = Compare("state", pg::Comparison::kEqual, "2");
  EXPECT_THAT(Domains(wanted, all), ElementsAre("ended.example"));
  EXPECT_TRUE(Find(ended.name).has_value()) << "Get shows it";
}

TEST_F(CustomerReadsTest, TheFullViewHasWhatTheBasicOneLacks) {
  CreateActive("view.example");
  const auto first = [&](bool full) {
    return *CustomerStore::List(*session_, {kPartner, false, full}, Wanted())->begin();
  };
  EXPECT_FALSE(first(false).billing_profile.has_value());
  EXPECT_EQ(first(true).billing_profile->email, "ap@contoso.com");
}

TEST_F(CustomerReadsTest, ManyPointReadsAtOnceEachAnswerTheirOwn) {
  std::vector<Customer> made;
  made.reserve(20);
  for (int i = 0; i < 20; ++i) made.push_back(CreateActive(absl::StrCat("p", i, ".example")));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const Customer& one = made[(t * 7 + i) % made.size()];
        const auto found = Find(one.name);
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(found->primary_domain, one.primary_domain);
        EXPECT_FALSE(Find({kOtherPartner, one.name.customer}).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Where the planner expects more rows of arrays that it does not know, it makes the plan anew for each execution.
TEST_F(CustomerReadsTest, APlanForAnyKeysExpectsOneRow) {
  const Customer made = CreateActive(NewCustomer("contoso.example"));
  ASSERT_TRUE(CustomerStore::Fetch(*session_, {made.name}).ok());
  ASSERT_TRUE(session_->Execute("SET plan_cache_mode = force_generic_plan").ok());
  const std::string keys = absl::StrCat("('{", made.name.partner, "}', '{", made.name.customer, "}')");
  const auto plan = session_->ReadDynamic("EXPLAIN EXECUTE customer_fetch" + keys, {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::string keys_of_plan;
  for (int i = 0; i < plan->size(); ++i) {
    if (absl::StrContains(plan->Text(i, 0), "Limit")) keys_of_plan = std::string(plan->Text(i, 0));
  }
  EXPECT_THAT(keys_of_plan, ::testing::HasSubstr(" rows=1 "));
}

TEST_F(CustomerReadsTest, AFactOfAPartnerNeverGoesBack) {
  PartnerFact fact{kPartner, "US", "united-states", {1, 3}, kAgreementSigned, {kIssuer, kTenantId}, 2};
  ASSERT_TRUE(KeepPartnerFact(*session_, fact).ok());
  fact.revision = 1;
  fact.agreement_state = 1;
  ASSERT_TRUE(KeepPartnerFact(*session_, fact).ok());
  const auto kept = FindPartnerFact(*session_, kPartner);
  ASSERT_TRUE(kept.ok() && kept->has_value());
  EXPECT_EQ((*kept)->agreement_state, kAgreementSigned);
  EXPECT_THAT((*kept)->kinds, ElementsAre(1, 3));
  EXPECT_EQ((*kept)->directory_tenant.tenant_id, kTenantId);
  EXPECT_FALSE(FindPartnerFact(*session_, kOtherPartner)->has_value());
}

TEST_F(CustomerReadsTest, AnImportSourceSpeaksForKnownPartners) {
  const ImportSourceStore sources([](const ImportSource& source) { return source.id; });
  ImportSource source{"office-365", "Office 365", "app:office365-portal", {kPartner}, "", 1, clock_.Now()};
  CallContext call = CallOf(NewId());
  const absl::Status unknown = sources.Create(*session_, call, source).status();
  EXPECT_EQ(ReasonOf(unknown), "PARTNER_UNKNOWN");
  EXPECT_EQ(PreconditionViolationsOf(unknown)[0].subject, PartnerName(kPartner));
  ASSERT_TRUE(KeepPartnerFact(*session_, {kPartner, "US", "united-states", {1}, 2, {}, 1}).ok());
  ASSERT_TRUE(sources.Create(*session_, call, source).ok());
  EXPECT_TRUE(sources.Create(*session_, call, source).ok()) << "the same request";
  CallContext other = CallOf(NewId());
  EXPECT_EQ(ReasonOf(sources.Create(*session_, other, source).status()), "IMPORT_SOURCE_EXISTS");
  source.id = "all";
  source.partners = {kAllPartners};
  EXPECT_TRUE(sources.Create(*session_, other, source).ok());
  EXPECT_THAT((*sources.Find(*session_, "all"))->partners, ElementsAre(kAllPartners));
  EXPECT_FALSE(sources.Find(*session_, "nobody")->has_value());
}

}  // namespace
}  // namespace clientele::customer
