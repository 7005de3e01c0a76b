#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "clientele/relationship/v1/partner.pb.h"
#include "common/testing/lost_answer.h"
#include "services/customer/workflows/provisioning_fixture_test.h"
#include "services/customer/workflows/relationship_copy.h"

namespace clientele::customer {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class ImportCustomersTest : public ProvisioningTest {
 protected:
  // Ends the first row's relationship, at both services.
  AccountName EndOf(const std::string& resource) {
    AccountName name = ParseAccountName(resource);
    CallContext call = CallOf();
    EXPECT_TRUE(customers_.End(*session_, call, name, FromProto(peer_.End(name)).summary, clock_.Now()).ok());
    return name;
  }

  auth::Principal Portal() {
    auth::Principal caller;
    caller.kind = auth::PrincipalKind::kApplication;
    caller.name = "app:office365-portal";
    return caller;
  }

  void Register(const std::vector<std::string>& partners) {
    ASSERT_TRUE(KeepPartnerFact(*session_, {kPartner, "US", "united-states", {1}, kAgreementSigned, {}, 1}).ok());
    CallContext call = CallOf();
    ASSERT_TRUE(
        sources_
            .Create(*session_, call, {"office-365", "Office", "app:office365-portal", partners, "", 1, clock_.Now()})
            .ok());
  }
};

TEST_F(ImportCustomersTest, BringsAListOnceHoweverOftenItComes) {
  const auto first = Import(ListOf(0, 20));
  EXPECT_THAT(Outcomes(first), Each("C"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Count("customer WHERE state = 1 AND origin = 2 AND vouched_by = 'operator:olga'"), 20);
  EXPECT_EQ(Count("outbox WHERE type = 'customer.imported'"), 20);
  EXPECT_EQ(peer_.calls(), 1) << "one call for the whole list";
  const auto again = Import(ListOf(0, 22));
  std::vector<std::string> expected(20, "P");
  expected.insert(expected.end(), {"C", "C"});
  EXPECT_EQ(Outcomes(again), expected);
  EXPECT_EQ(again->outcomes(3).customer(), first->outcomes(3).customer());
  EXPECT_EQ(Find(ParseAccountName(first->outcomes(0).customer()))->company_name, "Company 0");
}

TEST_F(ImportCustomersTest, ARepeatWithTheSameRequestIdAnswersTheSame) {
  peer_.SetRefuse([](const auto& one) {
    return one.directory_tenants(0).tenant_id() == RowOf(2).tenant_id() ? Refusal("REGION_MISMATCH") : absl::OkStatus();
  });
  const std::string key = NewId();
  ASSERT_TRUE(Import(ListOf(0, 1)).ok());
  const auto first = Import(ListOf(0, 4), Operator(), key);
  EXPECT_THAT(Outcomes(first), ElementsAre("P", "C", "REGION_MISMATCH", "C"));
  const auto again = Import(ListOf(0, 4), Operator(), key);
  EXPECT_EQ(Outcomes(again), Outcomes(first));
  EXPECT_EQ(peer_.calls(), 2);
  EXPECT_EQ(Count("customer"), 3);
  EXPECT_EQ(Count("organization_domain"), 3) << "the refused one's domain is free";
}

TEST_F(ImportCustomersTest, ACommitWhoseAnswerIsLostWaitsForNoLease) {
  const testing::LostAnswer answer;
  CallContext call = CallOf(NewId());
  call.deadline = absl::Now() + pg::kSagaLease / 2;
  const auto response = Serve(rpc::Async(&BatchImportCustomers, replica_->parts, sources_), ListOf(0, 2), call);
  EXPECT_THAT(Outcomes(response), ElementsAre("C", "C"));
  EXPECT_TRUE(answer.lost());
}

TEST_F(ImportCustomersTest, EachRowHasAnOutcomeOfItsOwn) {
  CreateActive("row9.example", kOtherPartner);
  ASSERT_TRUE(Import(ListOf(1, 1)).ok());
  v1::BatchImportCustomersRequest list = ListOf(0, 10);
  list.mutable_rows(2)->set_tenant_id("nonsense");
  list.mutable_rows(2)->set_company_name("");
  list.mutable_rows(3)->set_relationship("Advisor");
  list.mutable_rows(4)->set_primary_domain("row0.example");
  list.mutable_rows(5)->set_primary_domain("row1.example");  // another tenant than the one that is there
  list.mutable_rows(6)->mutable_customer()->mutable_billing_profile()->set_email("nobody");
  list.mutable_rows(7)->set_primary_domain("Gmail.com");
  const auto response = Import(list);
  EXPECT_THAT(Outcomes(response),
              ElementsAre("C", "P", "INVALID_FIELD", "RELATIONSHIP_KIND_NOT_IMPORTABLE", "DUPLICATE_ROW",
                          "DUPLICATE_ROW", "INVALID_FIELD", "INVALID_FIELD", "C", "INVITATION_REQUIRED"));
  const absl::Status fields = ParseStatus(response->outcomes(2).error().SerializeAsString());
  EXPECT_EQ(FieldViolationsOf(fields).size(), 2U);
  EXPECT_EQ(response->outcomes(2).customer(), "");
}

TEST_F(ImportCustomersTest, KeysOfTwoOrganizationsConflict) {
  ASSERT_TRUE(Import(ListOf(0, 2)).ok());
  v1::BatchImportCustomersRequest list = ListOf(0, 1);
  list.mutable_rows(0)->set_primary_domain("row1.example");
  EXPECT_THAT(Outcomes(Import(list)), ElementsAre("DOMAIN_CONFLICT"));
}

TEST_F(ImportCustomersTest, TakesTheWholeAccountWhereTheListHasIt) {
  v1::BatchImportCustomersRequest list = ListOf(0, 3);
  for (int i = 0; i < 2; ++i) {
    v1::Customer& customer = *list.mutable_rows(i)->mutable_customer();
    customer = ToProto(Contoso());
    customer.set_external_id("crm-1");
    (*customer.mutable_labels())["tier"] = "gold";
  }
  const auto response = Import(list);
  EXPECT_THAT(Outcomes(response), ElementsAre("C", "EXTERNAL_ID_TAKEN", "C"));
  const auto full = Find(ParseAccountName(response->outcomes(0).customer()));
  EXPECT_TRUE(full->profile_complete);
  EXPECT_EQ(full->company_name, "Company 0") << "the row's own";
  EXPECT_EQ(full->primary_domain, "row0.example");
  EXPECT_EQ(full->labels.at("tier"), "gold");
  EXPECT_FALSE(Find(ParseAccountName(response->outcomes(2).customer()))->profile_complete);
}

TEST_F(ImportCustomersTest, APartnersOwnListOnlyFindsWhatItHas) {
  ASSERT_TRUE(Import(ListOf(0, 1)).ok());
  EXPECT_THAT(Outcomes(Import(ListOf(0, 3), PartnerUser())),
              ElementsAre("P", "INVITATION_REQUIRED", "INVITATION_REQUIRED"));
  EXPECT_EQ(Count("customer"), 1);
}

TEST_F(ImportCustomersTest, ASourceVouchesForThePartnersItSpeaksFor) {
  v1::BatchImportCustomersRequest list = ListOf(0, 1);
  list.set_source("importSources/office-365");
  EXPECT_THAT(Outcomes(Import(list, Portal())), ElementsAre("IMPORT_SOURCE_UNKNOWN"));
  Register({kPartner});
  EXPECT_THAT(Outcomes(Import(list, PartnerUser())), ElementsAre("NOT_IMPORT_SOURCE"));
  EXPECT_THAT(Outcomes(Import(list, Portal())), ElementsAre("C"));
  EXPECT_EQ(peer_.last().established_by(), "importSources/office-365");
  EXPECT_EQ(Count("customer WHERE vouched_by = 'importSources/office-365'"), 1);
  list.set_parent(PartnerName(kOtherPartner));
  EXPECT_THAT(Outcomes(Import(list, Portal())), ElementsAre("NOT_IMPORT_SOURCE"));
}

TEST_F(ImportCustomersTest, ValidateOnlySaysWhatWouldBecomeOfEachRow) {
  Register({kPartner});
  ASSERT_TRUE(Import(ListOf(0, 1)).ok());
  v1::BatchImportCustomersRequest list = ListOf(0, 3);
  *list.mutable_rows(2)->mutable_customer() = ToProto(Contoso());
  auto& address = *list.mutable_rows(2)->mutable_customer()->mutable_billing_profile()->mutable_default_address();
  address.set_country("DE");
  address.set_postal_code("10115");
  list.mutable_rows(2)->mutable_customer()->mutable_billing_profile()->set_culture("de-DE");
  list.set_validate_only(true);
  const auto response = Import(list);
  EXPECT_THAT(Outcomes(response), ElementsAre("P", "C", "REGION_MISMATCH"));
  EXPECT_EQ(response->outcomes(1).customer(), "");
  EXPECT_EQ(Count("customer"), 1);
}

TEST_F(ImportCustomersTest, WhatEndedComesBackOnlyIfTheRelationshipDoes) {
  const auto first = Import(ListOf(0, 2));
  const AccountName name = EndOf(first->outcomes(0).customer());
  EXPECT_EQ(Find(name)->state, AccountState::kEnded);
  EXPECT_THAT(Outcomes(Import(ListOf(0, 1), PartnerUser())), ElementsAre("INVITATION_REQUIRED"));

  v1::BatchImportCustomersRequest list = ListOf(0, 1);
  *list.mutable_list_time() = ToTimestamp(clock_.Now());
  const auto revived = Import(list);
  EXPECT_THAT(Outcomes(revived), ElementsAre("C"));
  EXPECT_EQ(revived->outcomes(0).customer(), first->outcomes(0).customer());
  EXPECT_EQ(peer_.last().list_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(Find(name)->state, AccountState::kActive);
  EXPECT_EQ(Find(name)->relationship.generation, 2);
  EXPECT_EQ(Count("outbox WHERE type = 'customer.reactivated'"), 1);
}

TEST_F(ImportCustomersTest, ARefusedRevivalLeavesTheEndedAccount) {
  const auto first = Import(ListOf(0, 1));
  const AccountName name = EndOf(first->outcomes(0).customer());
  peer_.Fail(1, Refusal("RELATIONSHIP_ENDED"));
  EXPECT_THAT(Outcomes(Import(ListOf(0, 1))), ElementsAre("RELATIONSHIP_ENDED"));
  EXPECT_EQ(Find(name)->state, AccountState::kEnded);
}

TEST_F(ImportCustomersTest, TheSameListFromManySidesIsOneList) {
  std::vector<std::vector<std::string>> outcomes(4);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] { outcomes[t] = Outcomes(Import(ListOf(0, 50), Operator(), NewId())); });
  }
  for (std::thread& thread : threads) thread.join();
  int created = 0, present = 0;
  for (const auto& list : outcomes) {
    created += std::count(list.begin(), list.end(), "C");
    present += std::count(list.begin(), list.end(), "P");
  }
  EXPECT_EQ(created, 50);
  EXPECT_EQ(present, 150);
  EXPECT_EQ(Count("customer WHERE state = 1"), 50);
  EXPECT_EQ(Count("organization"), 50);
  EXPECT_EQ(Count("outbox"), 50);
}

TEST_F(ImportCustomersTest, OverlappingListsInAnyOrderAllEnd) {
  std::atomic<int> created{0}, others{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      v1::BatchImportCustomersRequest list = ListOf(t * 10, 40);
      if (t % 2 == 1) std::reverse(list.mutable_rows()->begin(), list.mutable_rows()->end());
      for (const std::string& outcome : Outcomes(Import(list))) {
        if (outcome == "C") ++created;
        if (outcome != "C" && outcome != "P") ++others;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 70);
  EXPECT_EQ(others, 0);
}

TEST_F(ImportCustomersTest, FiveHundredRowsAreOneStatementAPhase) {
  const auto response = Import(ListOf(0, 500));
  EXPECT_THAT(Outcomes(response), Each("C"));
  EXPECT_EQ(response->outcomes_size(), 500);
  EXPECT_EQ(Count("customer WHERE state = 1"), 500);
  // One transaction wrote all events.
  EXPECT_EQ(Count("(SELECT DISTINCT xid FROM outbox) AS transactions"), 1);
  EXPECT_EQ(Count("(SELECT DISTINCT xmin FROM organization) AS transactions"), 1);
}

class ImportKilled : public ImportCustomersTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ImportKilled, EndsAsIfNothingHadHappened) {
  peer_.SetRefuse([](const auto& one) {
    return one.directory_tenants(0).tenant_id() == RowOf(1).tenant_id() ? Refusal("MPA_NOT_SIGNED") : absl::OkStatus();
  });
  std::atomic<int> left{1};
  testing::Failpoints::Shared().SetHook([&](const std::string& name) { return name == GetParam() && --left >= 0; });
  const std::string key = NewId();
  CallContext call = CallOf(key);
  call.deadline = absl::Now() + absl::Seconds(2);
  EXPECT_EQ(
      ReasonOf(
          Serve(rpc::Async(&BatchImportCustomers, replica_->parts, sources_), ListOf(0, 3), call, Operator()).status()),
      "SAGA_RUNNING");
  testing::Failpoints::Shared().SetHook(nullptr);
  ASSERT_TRUE(session_->Execute("UPDATE saga SET lease_until = clock_timestamp() - interval '1 second'").ok());
  replica_->sagas.Stop();
  replica_ = std::make_unique<Replica>(*this, "replica-2");
  EXPECT_THAT(Outcomes(Import(ListOf(0, 3), Operator(), key)), ElementsAre("C", "MPA_NOT_SIGNED", "C"));
  EXPECT_EQ(Count("customer"), 2);
  EXPECT_EQ(Count("outbox"), 2);
}

INSTANTIATE_TEST_SUITE_P(Boundaries, ImportKilled,
                         ::testing::Values("saga.customer.import.establish.before",
                                           "saga.customer.import.establish.after", "saga.customer.import.settle.before",
                                           "saga.customer.import.settle.after"),
                         [](const auto& info) {
                           std::string name = info.param.substr(std::string("saga.customer.import.").size());
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_F(ImportCustomersTest, TheFeedKeepsPartnersAndSummaries) {
  const auto response = Import(ListOf(0, 1));
  const AccountName name = ParseAccountName(response->outcomes(0).customer());
  event::v1::Event event;
  event.mutable_after()->PackFrom(peer_.End(name));
  ASSERT_TRUE(ApplyRelationshipEvent(*session_, event).ok());
  EXPECT_EQ(Find(name)->relationship.state, relationship::v1::RELATIONSHIP_STATE_TERMINATED);
  relationship::v1::Partner partner;
  partner.set_name(PartnerName(kOtherPartner));
  partner.set_region("europe");
  partner.add_kinds(relationship::v1::PARTNER_KIND_DIRECT_BILL);
  partner.set_agreement_state(relationship::v1::AGREEMENT_STATE_SIGNED);
  partner.set_revision(4);
  event.mutable_after()->PackFrom(partner);
  ASSERT_TRUE(ApplyRelationshipEvent(*session_, event).ok());
  EXPECT_EQ((*FindPartnerFact(*session_, kOtherPartner))->region, "europe");
  event.mutable_after()->PackFrom(v1::Customer());
  EXPECT_TRUE(ApplyRelationshipEvent(*session_, event).ok()) << "of another resource";
}

}  // namespace
}  // namespace clientele::customer
