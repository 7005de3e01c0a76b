#include "services/customer/storage/provisioning_store.h"

#include <gmock/gmock.h>

#include <atomic>

#include "common/core/error.h"
#include "common/testing/lost_answer.h"
#include "services/customer/storage/customer_fixture_test.h"
#include "services/customer/storage/organization_store.h"

namespace clientele::customer {
namespace {

class ProvisioningStoreTest : public CustomerTest {
 protected:
  absl::StatusOr<pg::Begun> Create(pg::Session& session, CallContext& call, const Customer& customer) {
    return provisioning_.Create(session, call, customer, SagaOf(customer));
  }

  void ExpectNothingLeft() {
    EXPECT_EQ(Count("customer"), 0);
    EXPECT_EQ(Count("organization"), 0);
    EXPECT_EQ(Count("organization_domain"), 0);
    EXPECT_EQ(Count("organization_tenant"), 0);
    EXPECT_EQ(Count("outbox"), 0);
    EXPECT_EQ(Count("audit_record"), 0);
  }
};

TEST_F(ProvisioningStoreTest, WhatIsBeingMadeIsSeenByNobodyButTaken) {
  Customer customer = NewCustomer("making.example");
  customer.directory_tenants = {{kIssuer, kTenantId}};
  customer.external_id = "crm-1";
  CallContext call = CallOf(NewId());
  const auto begun = Create(*session_, call, customer);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->resource, CustomerName(customer.name));
  EXPECT_FALSE(Find(customer.name).has_value());
  EXPECT_EQ(Count("outbox"), 0) << "no event before it is ACTIVE";
  EXPECT_EQ(Count("audit_record"), 0);
  EXPECT_EQ(Count("saga WHERE NOT done"), 1);
  EXPECT_EQ(Count("idempotency"), 1);
  const auto holder = FindDomain(*session_, kPartner, "making.example");
  EXPECT_TRUE(holder->taken);
  EXPECT_EQ(holder->customer, "");

  const auto reason = [&](const Customer& other) {
    CallContext again = CallOf();
    return ReasonOf(Create(*session_, again, other).status());
  };
  EXPECT_EQ(reason(NewCustomer("making.example")), "DOMAIN_TAKEN");
  Customer other = NewCustomer("other.example");
  other.directory_tenants = customer.directory_tenants;
  EXPECT_EQ(reason(other), "TENANT_TAKEN");
  other.directory_tenants.clear();
  other.external_id = "crm-1";
  EXPECT_EQ(reason(other), "EXTERNAL_ID_TAKEN");
}

TEST_F(ProvisioningStoreTest, AnAccountWhoseRelationshipStandsBecomesActiveOnce) {
  const Customer made = CreateActive("active.example");
  EXPECT_EQ(made.state, AccountState::kActive);
  EXPECT_EQ(Count("outbox WHERE type = 'customer.created' AND revision = 1 AND generation = 1"), 1);
  CallContext call = CallOf();
  const std::string saga = Text("SELECT id FROM saga");
  EXPECT_TRUE(provisioning_.Settle(*session_, call, kPartner, saga, {{made.name.customer, Stands(1, 1)}}).ok());
  EXPECT_EQ(Count("outbox"), 1) << "a repeat does nothing";
}

TEST_F(ProvisioningStoreTest, ARefusalLeavesNothing) {
  Customer customer = NewCustomer("refused.example");
  customer.directory_tenants = {{kIssuer, kTenantId}};
  CallContext call = CallOf();
  const auto begun = Create(*session_, call, customer);
  ASSERT_TRUE(begun.ok());
  CallContext step = CallOf();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        provisioning_.Settle(*session_, step, kPartner, begun->saga, {{customer.name.customer, std::nullopt}}).ok());
    ExpectNothingLeft();
  }
}

TEST_F(ProvisioningStoreTest, ARefusalTakesOnlyWhatItsSagaMade) {
  const Customer customer = NewCustomer("kept.example");
  CallContext call = CallOf();
  const auto begun = Create(*session_, call, customer);
  ASSERT_TRUE(begun.ok());
  // Another saga's refusal does not touch it.
  ASSERT_TRUE(provisioning_.Settle(*session_, call, kPartner, NewId(), {{customer.name.customer, std::nullopt}}).ok());
  EXPECT_EQ(Count("customer"), 1);
  // Somebody else relies on the organisation meanwhile: it stays when the account goes.
  const auto reserved =
      ResolveOrganization(*session_, call, {DirectoryTenant{kIssuer, kTenantId}, {"kept.example"}, ""}, true);
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_EQ(reserved->id, customer.name.customer);
  ASSERT_TRUE(
      provisioning_.Settle(*session_, call, kPartner, begun->saga, {{customer.name.customer, std::nullopt}}).ok());
  EXPECT_EQ(Count("customer"), 0);
  EXPECT_EQ(Count("organization"), 1);
  EXPECT_EQ(Count("organization_domain"), 1);
}

TEST_F(ProvisioningStoreTest, AnAcceptanceMeanwhileWinsOverARefusal) {
  const Customer customer = NewCustomer("accepted.example");
  CallContext call = CallOf();
  const auto begun = Create(*session_, call, customer);
  ASSERT_TRUE(begun.ok());
  const auto accepted = customers_.Upsert(*session_, call, customer, Stands(1, 1), std::nullopt);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->state, AccountState::kActive);
  ASSERT_TRUE(
      provisioning_.Settle(*session_, call, kPartner, begun->saga, {{customer.name.customer, std::nullopt}}).ok());
  EXPECT_TRUE(Find(customer.name).has_value());
}

TEST_F(ProvisioningStoreTest, OfTwoCreatesOfOneDomainOneHasTheEffect) {
  for (int round = 0; round < 10; ++round) {
    const std::string domain = absl::StrCat("race", round, ".example");
    std::atomic<int> won{0}, told{0};
    InParallel(4, [&](int, pg::Session& session) {
      CallContext call = CallOf(NewId());
      const absl::Status status = Create(session, call, NewCustomer(domain)).status();
      won += status.ok() ? 1 : 0;
      told += ReasonOf(status) == "DOMAIN_TAKEN" ? 1 : 0;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(told, 3);
  }
  EXPECT_EQ(Count("organization"), 10);
  EXPECT_EQ(Count("customer"), 10);
  EXPECT_EQ(Count("organization_domain"), 10);
  EXPECT_EQ(Count("saga"), 10);
}

TEST_F(ProvisioningStoreTest, OneRequestIdFromManyThreadsIsOneCreation) {
  const std::string key = NewId();
  std::vector<std::string> resources(8);
  std::atomic<int> fresh{0};
  InParallel(8, [&](int i, pg::Session& session) {
    CallContext call = CallOf(key);
    const auto begun = Create(session, call, NewCustomer("once.example"));
    ASSERT_TRUE(begun.ok()) << begun.status();
    resources[i] = begun->resource;
    fresh += begun->mine ? 1 : 0;
  });
  EXPECT_EQ(fresh, 1);
  EXPECT_THAT(resources, ::testing::Each(resources[0]));
  EXPECT_EQ(Count("customer"), 1);
  EXPECT_EQ(Count("saga"), 1);
}

TEST_F(ProvisioningStoreTest, ACreationWhoseAnswerIsLostIsItsOwn) {
  const testing::LostAnswer answer;
  CallContext call = CallOf(NewId());
  const auto begun = Create(*session_, call, NewCustomer("lost.example"));
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_TRUE(answer.lost());
  EXPECT_TRUE(begun->mine);
  EXPECT_EQ(Text("SELECT id FROM saga"), begun->saga);
  EXPECT_EQ(Count("customer"), 1);
}

TEST_F(ProvisioningStoreTest, AnImportWhoseAnswerIsLostIsItsOwn) {
  PlannedAccount planned;
  planned.account = NewCustomer("imported.example");
  planned.account.directory_tenants = {{kIssuer, kTenantId}};
  int decisions = 0;
  const auto decide = [&](const std::string& saga, const std::vector<RowFacts>&) -> absl::StatusOr<ImportPlan> {
    ++decisions;
    return ImportPlan{{planned}, {saga, "customer.import", "imports/1", "state", "replica"}};
  };
  Vouching vouching;
  vouching.tenant_issuer = kIssuer;
  const CallContext call = CallOf(NewId());
  const auto import = [&](CallContext context) {
    return provisioning_.Import(*session_, context, kPartner, vouching, {{kTenantId, "imported.example", ""}}, decide);
  };
  const testing::LostAnswer answer;
  const auto begun = import(call);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_TRUE(answer.lost());
  EXPECT_TRUE(begun->mine);
  EXPECT_EQ(begun->resource, "imports/1");
  EXPECT_EQ(Text("SELECT id FROM saga"), begun->saga);
  const auto repeated = import(call);
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_FALSE(repeated->mine);
  EXPECT_EQ(repeated->saga, begun->saga);
  EXPECT_EQ(decisions, 1);
}

TEST_F(ProvisioningStoreTest, OfTwoPartnersThatImportOneOrganizationAtOnceTheSecondSeesTheFirst) {
  for (int round = 0; round < 10; ++round) {
    const std::string domain = absl::StrCat("both", round, ".example");
    CallContext call = CallOf();
    const auto reserved = ResolveOrganization(*session_, call, {DirectoryTenant{kIssuer, NewId()}, {domain}, ""}, true);
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    std::atomic<int> took{0}, saw{0};
    InParallel(2, [&](int i, pg::Session& session) {
      const std::string partner = i == 0 ? kPartner : kOtherPartner;
      const auto decide = [&](const std::string& saga, const std::vector<RowFacts>& facts) {
        if (!facts[0].elsewhere_saga.empty()) ++saw;
        if (!facts[0].elsewhere_saga.empty()) return absl::StatusOr<ImportPlan>(ImportPlan{});
        PlannedAccount planned;
        planned.account = NewCustomer(domain);
        planned.account.name = {partner, facts[0].domain_organization};
        planned.organization_revision = facts[0].organization_revision;
        return absl::StatusOr<ImportPlan>(ImportPlan{{planned}, {saga, "customer.import", saga, "state", "replica"}});
      };
      Vouching vouching;
      vouching.tenant_issuer = kIssuer;
      CallContext import = CallOf(NewId());
      const auto begun = provisioning_.Import(session, import, partner, vouching,
                                              {{reserved->tenants[0].tenant_id, domain, ""}}, decide);
      ASSERT_TRUE(begun.ok()) << begun.status();
      took += begun->mine ? 1 : 0;
    });
    EXPECT_EQ(took, 1);
    EXPECT_EQ(saw, 1);
  }
}

TEST_F(ProvisioningStoreTest, ValidateOnlyChecksAndWritesNothing) {
  CallContext call = CallOf(NewId());
  call.validate_only = true;
  EXPECT_TRUE(Create(*session_, call, NewCustomer("free.example")).ok());
  ExpectNothingLeft();
  EXPECT_EQ(Count("saga"), 0);
  CreateActive("taken.example");
  CallContext other = CallOf();
  other.validate_only = true;
  const absl::Status taken = Create(*session_, other, NewCustomer("taken.example")).status();
  EXPECT_EQ(ReasonOf(taken), "DOMAIN_TAKEN");
  EXPECT_EQ(MetadataOf(taken)["hint"], "TAKEN_BY_YOUR_CUSTOMER");
}

TEST_F(ProvisioningStoreTest, OrganizationsOfOneKeyFromManyThreadsAreOne) {
  std::vector<std::string> ids(8);
  InParallel(8, [&](int i, pg::Session& session) {
    CallContext call = CallOf();
    const auto organization = ResolveOrganization(
        session, call, {DirectoryTenant{kIssuer, kTenantId}, {"same.example", absl::StrCat("d", i, ".example")}, ""},
        true);
    ASSERT_TRUE(organization.ok()) << organization.status();
    ids[i] = organization->id;
  });
  EXPECT_THAT(ids, ::testing::Each(ids[0]));
  EXPECT_EQ(Count("organization"), 1);
  EXPECT_EQ(Count("organization_domain"), 9);
  EXPECT_EQ(Count("organization WHERE cardinality(custom_domains) = 8 AND primary_domain = 'same.example'"), 1);
}

}  // namespace
}  // namespace clientele::customer
