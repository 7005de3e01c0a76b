#include "services/customer/storage/customer_store.h"

#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "common/core/error.h"
#include "services/customer/domain/revise.h"
#include "services/customer/storage/customer_fixture_test.h"
#include "services/customer/storage/organization_store.h"

namespace clientele::customer {
namespace {

class CustomerStoreTest : public CustomerTest {
 protected:
  // Changes the company's name, as UpdateCustomer does.
  absl::StatusOr<Customer> Rename(pg::Session& session, CallContext& call, const AccountName& name,
                                  const std::string& company, const std::string& etag = "") {
    return customers_.Change(session, call, name, etag, "", [&](const Customer& current) {
      Customer wanted = current;
      wanted.company_name = company;
      return Revise(current, wanted, TestPolicy(), call.now);
    });
  }

  absl::StatusOr<Customer> SetExternalId(pg::Session& session, const AccountName& name, const std::string& id) {
    CallContext call = CallOf();
    return customers_.Change(session, call, name, "", id, [&](const Customer& current) {
      Customer wanted = current;
      wanted.external_id = id;
      return Revise(current, wanted, TestPolicy(), call.now);
    });
  }

  // An organisation that nobody has an account of.
  std::string Reserve(const std::string& domain) {
    CallContext call = CallOf();
    const auto organization =
        ResolveOrganization(*session_, call, {DirectoryTenant{kIssuer, NewId()}, {domain}, ""}, true);
    EXPECT_TRUE(organization.ok()) << organization.status();
    return organization.ok() ? organization->id : "";
  }

  Customer Fresh(const std::string& organization) {
    Customer fresh;
    fresh.name = {kPartner, organization};
    fresh.origin = AccountOrigin::kInvitation;
    fresh.company_name = "Fabrikam";
    return fresh;
  }
};

TEST_F(CustomerStoreTest, KeepsEveryField) {
  Customer wanted = NewCustomer("full.example");
  wanted.directory_tenants = {{kIssuer, kTenantId}};
  wanted.external_id = "crm-1";
  wanted.labels = {{"tier", "gold"}, {"segment", "a:b/c"}};
  wanted.contacts = {{"Ann \"A\"", "O'Neil\\", "ann@full.example", "+14255550101"}, {"Bo", "Ю", "bo@full.example", ""}};
  wanted.billing_profile->first_name = "Zoë";
  wanted.billing_profile->purchase_order = "NULL";
  wanted.billing_profile->tax_id = "{a,b}";
  wanted.billing_profile->currency = "USD";
  wanted.billing_profile->default_address.middle_name = "M";
  wanted.billing_profile->default_address.phone_number = "+14255550100";
  const Customer made = CreateActive(wanted);
  EXPECT_TRUE(ChangedFields(made, wanted).empty()) << ::testing::PrintToString(ChangedFields(made, wanted));
  EXPECT_EQ(made.billing_profile->purchase_order, "NULL");
  EXPECT_EQ(made.primary_domain, "full.example");
  EXPECT_EQ(made.directory_tenants, wanted.directory_tenants);
  EXPECT_EQ(made.region, "united-states");
  EXPECT_EQ(made.relationship.generation, 1);
  EXPECT_EQ(made.revision, 1);
  EXPECT_EQ(made.create_time, clock_.Now());
  EXPECT_FALSE(made.end_time.has_value());
}

TEST_F(CustomerStoreTest, AChangeIsWrittenWithItsEventAndAudit) {
  const Customer made = CreateActive("change.example");
  clock_.Advance(absl::Minutes(1));
  CallContext call = CallOf(NewId());
  const auto renamed = Rename(*session_, call, made.name, "Renamed", EtagOf(made.revision));
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(renamed->revision, 2);
  EXPECT_EQ(Find(made.name)->company_name, "Renamed");
  EXPECT_EQ(Find(made.name)->update_time, clock_.Now());
  EXPECT_EQ(Count("outbox WHERE type = 'customer.updated' AND revision = 2 AND changed_fields = '{company_name}'"), 1);
  EXPECT_EQ(Count("audit_record WHERE operation = 'customer.updated' AND revision = 2"), 1);
  EXPECT_GT(call.consistency["customer"].txid, 0U);
}

TEST_F(CustomerStoreTest, ANoOpWritesNothing) {
  const Customer made = CreateActive("noop.example");
  const int64_t events = Count("outbox");
  CallContext call = CallOf();
  const auto same = Rename(*session_, call, made.name, made.company_name);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->revision, made.revision);
  CallContext validate = CallOf();
  validate.validate_only = true;
  EXPECT_EQ(Rename(*session_, validate, made.name, "Never")->company_name, "Never");
  EXPECT_EQ(Find(made.name)->company_name, made.company_name);
  EXPECT_EQ(Count("outbox"), events);
}

TEST_F(CustomerStoreTest, RefusesWhatIsNotThereOrNotAsSeen) {
  const Customer made = CreateActive("seen.example");
  CallContext call = CallOf();
  EXPECT_EQ(ReasonOf(Rename(*session_, call, {kPartner, NewId()}, "x").status()), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Rename(*session_, call, {kOtherPartner, made.name.customer}, "x").status()), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Rename(*session_, call, made.name, "x", "r99").status()), "ETAG_MISMATCH");
  const Customer making = NewCustomer("making.example");
  ASSERT_TRUE(provisioning_.Create(*session_, call, making, SagaOf(making)).ok());
  EXPECT_EQ(ReasonOf(Rename(*session_, call, making.name, "x").status()), "CUSTOMER_NOT_FOUND");
}

TEST_F(CustomerStoreTest, UpdatesAgainstEachOtherAllCount) {
  const Customer made = CreateActive("race.example");
  constexpr int kThreads = 8, kEach = 10;
  InParallel(kThreads, [&](int thread, pg::Session& session) {
    for (int i = 0; i < kEach; ++i) {
      absl::Status status;
      do {
        CallContext call = CallOf();
        status = Rename(session, call, made.name, absl::StrCat("Name ", thread, " ", i)).status();
      } while (ReasonOf(status) == "WRITE_CONFLICT");
      EXPECT_TRUE(status.ok()) << status;
    }
  });
  EXPECT_EQ(Find(made.name)->revision, 1 + kThreads * kEach);
  // One event a revision, in order.
  EXPECT_EQ(Count(absl::StrCat("(SELECT revision - lag(revision) OVER (ORDER BY xid, seq) AS step FROM outbox WHERE "
                               "subject = '",
                               CustomerName(made.name), "') s WHERE step = 1")),
            kThreads * kEach);
}

TEST_F(CustomerStoreTest, OneRequestIdFromManyThreadsIsOneChange) {
  const Customer made = CreateActive("key.example");
  const std::string key = NewId();
  std::atomic<int> answered{0};
  InParallel(8, [&](int, pg::Session& session) {
    CallContext call = CallOf(key);
    const auto renamed = Rename(session, call, made.name, "Once");
    EXPECT_TRUE(renamed.ok()) << renamed.status();
    answered += renamed.ok() && renamed->company_name == "Once" && renamed->revision == 2 ? 1 : 0;
  });
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(Find(made.name)->revision, 2);
  CallContext other_body = CallOf(key, "another body");
  EXPECT_EQ(ReasonOf(Rename(*session_, other_body, made.name, "Twice").status()), "REQUEST_ID_REUSED");
}

TEST_F(CustomerStoreTest, AnExternalIdIsOfOneCustomerOfThePartner) {
  const Customer one = CreateActive("one.example"), two = CreateActive("two.example");
  const Customer elsewhere = CreateActive("three.example", kOtherPartner);
  ASSERT_TRUE(SetExternalId(*session_, one.name, "crm-1").ok());
  const absl::Status taken = SetExternalId(*session_, two.name, "crm-1").status();
  EXPECT_EQ(ReasonOf(taken), "EXTERNAL_ID_TAKEN");
  EXPECT_EQ(MetadataOf(taken)["customer"], CustomerName(one.name));
  EXPECT_TRUE(SetExternalId(*session_, one.name, "crm-1").ok()) << "its own";
  EXPECT_TRUE(SetExternalId(*session_, elsewhere.name, "crm-1").ok()) << "another partner's";
  EXPECT_TRUE(SetExternalId(*session_, one.name, "").ok());
  EXPECT_TRUE(SetExternalId(*session_, two.name, "crm-1").ok()) << "free again";
}

TEST_F(CustomerStoreTest, OfManyThatWantAnExternalIdOneGetsIt) {
  std::vector<Customer> made;
  made.reserve(6);
  for (int i = 0; i < 6; ++i) made.push_back(CreateActive(absl::StrCat("many", i, ".example")));
  std::atomic<int> won{0}, told{0};
  InParallel(6, [&](int i, pg::Session& session) {
    const absl::Status status = SetExternalId(session, made[i].name, "wanted").status();
    won += status.ok() ? 1 : 0;
    told += ReasonOf(status) == "EXTERNAL_ID_TAKEN" ? 1 : 0;
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(told, 5);
}

TEST_F(CustomerStoreTest, AnAcceptanceMakesTheAccountOnce) {
  const std::string organization = Reserve("fabrikam.example");
  const Agreement agreement{"customer-agreement/2026-01", {"Ann", "Lee", "ann@fabrikam.example", ""}, "2026-01-01"};
  CallContext call = CallOf(NewId());
  const auto made = customers_.Upsert(*session_, call, Fresh(organization), Stands(1, 1), agreement);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->state, AccountState::kActive);
  EXPECT_EQ(made->primary_domain, "fabrikam.example");
  EXPECT_EQ(made->origin, AccountOrigin::kInvitation);
  CallContext repeat = CallOf(NewId());
  EXPECT_EQ(customers_.Upsert(*session_, repeat, Fresh(organization), Stands(1, 1), agreement)->revision, 1);
  EXPECT_EQ(Count("outbox WHERE type = 'customer.created'"), 1);
  EXPECT_EQ(Count("agreement WHERE template_id = 'customer-agreement/2026-01' AND email IS NOT NULL"), 1);
  CallContext unknown = CallOf(NewId());
  EXPECT_EQ(ReasonOf(customers_.Upsert(*session_, unknown, Fresh(NewId()), Stands(1, 1), agreement).status()),
            "ORGANIZATION_NOT_FOUND");
}

TEST_F(CustomerStoreTest, TheEndAndTheNewBeginComeInTheRelationshipsOrder) {
  const Customer made = CreateActive("end.example");
  CallContext call = CallOf();
  const absl::Time end_time = clock_.Now() - absl::Hours(1);
  // The feed is first: it must not keep the end away.
  ASSERT_TRUE(FollowRelationship(*session_, made.name, {1, 2, 1, 2}).ok());
  const auto ended = customers_.End(*session_, call, made.name, {1, 2, 1, 2}, end_time);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->state, AccountState::kEnded);
  EXPECT_EQ(Find(made.name)->end_time, end_time);
  EXPECT_EQ(Find(made.name)->relationship.state, 2);
  EXPECT_EQ(customers_.End(*session_, call, made.name, {1, 2, 1, 2}, end_time)->revision, ended->revision);

  const auto late = customers_.Upsert(*session_, call, Fresh(made.name.customer), Stands(1, 1), std::nullopt);
  EXPECT_EQ(late->state, AccountState::kEnded) << "an older one changes nothing";
  const auto again = customers_.Upsert(*session_, call, Fresh(made.name.customer), Stands(2, 4), std::nullopt);
  EXPECT_EQ(again->state, AccountState::kActive);
  EXPECT_EQ(again->company_name, made.company_name) << "the account that was";
  EXPECT_EQ(Find(made.name)->relationship.generation, 2);
  EXPECT_EQ(customers_.End(*session_, call, made.name, {1, 3, 1, 3}, end_time)->state, AccountState::kActive);
  EXPECT_EQ(Count("outbox WHERE type IN ('customer.ended', 'customer.reactivated')"), 2);
  EXPECT_EQ(ReasonOf(customers_.End(*session_, call, {kPartner, NewId()}, {1, 2, 1, 2}, end_time).status()),
            "CUSTOMER_NOT_FOUND");
}

// The relationship stood, and ended before the acceptance's last step came: the account must not stand for ever.
TEST_F(CustomerStoreTest, AnEndThatComesFirstIsFoundByTheAccount) {
  CallContext call = CallOf();
  const auto organization =
      ResolveOrganization(*session_, call, {DirectoryTenant{kIssuer, kTenantId}, {"early.example"}, ""}, true);
  ASSERT_TRUE(organization.ok()) << organization.status();
  const AccountName name{kPartner, organization->id};
  const absl::Time end_time = clock_.Now();
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto ended = customers_.End(*session_, call, name, {1, 2, 1, 2}, end_time);
    ASSERT_TRUE(ended.ok()) << ended.status();
    EXPECT_EQ(ended->state, AccountState::kEnded);
    EXPECT_EQ(ended->primary_domain, "early.example") << "whose invitations are to be cancelled";
  }
  const auto late = customers_.Upsert(*session_, call, Fresh(name.customer), Stands(1, 1), std::nullopt);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->state, AccountState::kEnded);
  EXPECT_EQ(Find(name)->company_name, Fresh(name.customer).company_name) << "what it brings is kept";
  EXPECT_EQ(Find(name)->end_time, end_time);
  EXPECT_EQ(Count("outbox WHERE subject = '" + CustomerName(name) + "'"), 0) << "it never stood";
  EXPECT_EQ(customers_.Upsert(*session_, call, Fresh(name.customer), Stands(2, 4), std::nullopt)->state,
            AccountState::kActive);
}

TEST_F(CustomerStoreTest, ALaterGenerationMayBeTheFirstThatComes) {
  CallContext call = CallOf();
  const auto organization =
      ResolveOrganization(*session_, call, {DirectoryTenant{kIssuer, kTenantId}, {"later.example"}, ""}, true);
  ASSERT_TRUE(organization.ok()) << organization.status();
  const AccountName name{kPartner, organization->id};
  ASSERT_TRUE(customers_.End(*session_, call, name, {1, 2, 1, 2}, clock_.Now()).ok());
  ASSERT_TRUE(customers_.Upsert(*session_, call, Fresh(name.customer), Stands(2, 4), std::nullopt).ok());
  EXPECT_EQ(Find(name)->state, AccountState::kActive);
  EXPECT_EQ(Find(name)->company_name, Fresh(name.customer).company_name);
  EXPECT_FALSE(Find(name)->end_time.has_value());
  EXPECT_EQ(Count("outbox WHERE type = 'customer.created' AND subject = '" + CustomerName(name) + "'"), 1);
}

TEST_F(CustomerStoreTest, TheEndWaitsForAnAccountInTheMaking) {
  const Customer making = NewCustomer("making.example");
  CallContext call = CallOf();
  const auto begun = provisioning_.Create(*session_, call, making, SagaOf(making));
  ASSERT_TRUE(begun.ok()) << begun.status();
  CallContext end = CallOf();
  const absl::Status early = customers_.End(*session_, end, making.name, {1, 2, 1, 2}, clock_.Now()).status();
  EXPECT_EQ(early.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(early), "CUSTOMER_PROVISIONING");
  ASSERT_TRUE(
      provisioning_.Settle(*session_, call, kPartner, begun->saga, {{making.name.customer, Stands(1, 1)}}).ok());
  EXPECT_EQ(customers_.End(*session_, end, making.name, {1, 2, 1, 2}, clock_.Now())->state, AccountState::kEnded);
}

TEST_F(CustomerStoreTest, ALiveAccountLearnsOfALaterGenerationSilently) {
  const Customer made = CreateActive("silent.example");
  const int64_t events = Count("outbox");
  CallContext call = CallOf(NewId());
  ASSERT_TRUE(customers_.Upsert(*session_, call, Fresh(made.name.customer), Stands(2, 5), std::nullopt).ok());
  EXPECT_EQ(Count("outbox"), events);
  EXPECT_EQ(Find(made.name)->revision, made.revision);
  EXPECT_EQ(customers_.End(*session_, call, made.name, {1, 2, 1, 9}, clock_.Now())->state, AccountState::kActive);
}

TEST_F(CustomerStoreTest, TheSummaryNeverGoesBack) {
  const Customer made = CreateActive("follow.example");
  ASSERT_TRUE(FollowRelationship(*session_, made.name, {1, 2, 1, 7}).ok());
  ASSERT_TRUE(FollowRelationship(*session_, made.name, {1, 1, 1, 6}).ok());
  EXPECT_EQ(Find(made.name)->relationship.state, 2);
  EXPECT_EQ(Find(made.name)->relationship.revision, 7);
  EXPECT_EQ(Find(made.name)->revision, made.revision) << "a copy is no change of the account";
  EXPECT_TRUE(FollowRelationship(*session_, {kPartner, NewId()}, {1, 1, 1, 1}).ok()) << "none of ours";
}

}  // namespace
}  // namespace clientele::customer
