#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/testing/lost_answer.h"
#include "services/customer/workflows/provisioning_fixture_test.h"

namespace clientele::customer {
namespace {

using CreateCustomerTest = ProvisioningTest;

TEST_F(CreateCustomerTest, AnswersTheCustomerThatIsInTheList) {
  const auto created = Create("contoso.example", NewId());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->state(), v1::CUSTOMER_STATE_ACTIVE);
  EXPECT_EQ(created->revision(), 1);
  EXPECT_EQ(created->etag(), "r1");
  EXPECT_EQ(created->origin(), v1::CUSTOMER_ORIGIN_CREATE);
  EXPECT_TRUE(created->profile_complete());
  EXPECT_EQ(created->relationship().generation(), 1);
  EXPECT_EQ(created->relationship().kind(), relationship::v1::RELATIONSHIP_KIND_RESELLER);
  EXPECT_EQ(peer_.last().country(), "US");
  EXPECT_EQ(peer_.last().origin(), relationship::v1::RELATIONSHIP_ORIGIN_CREATE);
  EXPECT_EQ(Count("outbox WHERE type = 'customer.created'"), 1);
}

TEST_F(CreateCustomerTest, CarriesWhatItSawOfTheOtherService) {
  v1::CreateCustomerRequest request;
  request.set_parent(PartnerName(kPartner));
  *request.mutable_customer() = ToProto(NewCustomer("seen.example"));
  Consistency seen;
  ASSERT_TRUE(Serve(rpc::Async(&CreateCustomer, replica_->parts), request, CallOf(), PartnerUser(), &seen).ok());
  EXPECT_EQ(seen["relationship"].txid, 7U);
}

TEST_F(CreateCustomerTest, ARefusalReachesTheCallerUnchangedAndLeavesNothing) {
  peer_.SetRefuse([](const auto&) { return Refusal("MPA_NOT_SIGNED"); });
  const std::string key = NewId();
  const absl::Status refused = Create("refused.example", key).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "MPA_NOT_SIGNED");
  EXPECT_EQ(Count("customer"), 0);
  EXPECT_EQ(Count("organization"), 0);
  EXPECT_EQ(Count("organization_domain"), 0);
  peer_.SetRefuse(nullptr);
  EXPECT_TRUE(Create("refused.example", key).ok()) << "the same request, once the reason is gone";
}

TEST_F(CreateCustomerTest, ARefusalOfTheWholeCallCounts) {
  peer_.Fail(1, MakeError(absl::StatusCode::kPermissionDenied, "RESELLER_CANNOT_CREATE_CUSTOMER", "no"));
  EXPECT_EQ(ReasonOf(Create("whole.example").status()), "RESELLER_CANNOT_CREATE_CUSTOMER");
  EXPECT_EQ(Count("customer"), 0);
}

TEST_F(CreateCustomerTest, WhatMayComeBackIsTriedAgain) {
  peer_.Fail(3, absl::UnavailableError("away"));
  EXPECT_TRUE(Create("again.example").ok());
  EXPECT_EQ(peer_.calls(), 4);
}

TEST_F(CreateCustomerTest, ACommitWhoseAnswerIsLostWaitsForNoLease) {
  const testing::LostAnswer answer;
  v1::CreateCustomerRequest request;
  request.set_parent(PartnerName(kPartner));
  *request.mutable_customer() = ToProto(NewCustomer("lost.example"));
  CallContext call = CallOf(NewId());
  call.deadline = absl::Now() + pg::kSagaLease / 2;
  const auto created = Serve(rpc::Async(&CreateCustomer, replica_->parts), request, call, PartnerUser());
  EXPECT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(answer.lost());
}

TEST_F(CreateCustomerTest, AtTheDeadlineTheSagaRunsOnAndTheSameRequestJoinsIt) {
  peer_.Fail(1000, absl::UnavailableError("away"));
  const std::string key = NewId();
  v1::CreateCustomerRequest request;
  request.set_parent(PartnerName(kPartner));
  *request.mutable_customer() = ToProto(NewCustomer("late.example"));
  CallContext call = CallOf(key);
  call.deadline = absl::Now() + absl::Seconds(2);
  const absl::Status late = Serve(rpc::Async(&CreateCustomer, replica_->parts), request, call, PartnerUser()).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(late), "SAGA_RUNNING");
  EXPECT_GT(RetryDelayOf(late), absl::ZeroDuration());
  EXPECT_EQ(ReasonOf(Create("late.example", NewId()).status()), "DOMAIN_TAKEN") << "another request";
  peer_.Fail(0, absl::OkStatus());
  const auto joined = Create("late.example", key);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(Count("customer"), 1);
}

TEST_F(CreateCustomerTest, OneRequestIdFromManyThreadsIsOneCustomer) {
  const std::string key = NewId();
  std::vector<std::string> names(8);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto created = Create("once.example", key);
      ASSERT_TRUE(created.ok()) << created.status();
      names[i] = created->name();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(names, ::testing::Each(names[0]));
  EXPECT_EQ(peer_.relationships(), 1);
  EXPECT_EQ(Count("outbox"), 1);
}

TEST_F(CreateCustomerTest, OfTwoCreatesOfOneDomainOneHasTheEffect) {
  std::atomic<int> won{0}, told{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = Create("two.example", NewId()).status();
      won += status.ok() ? 1 : 0;
      told += ReasonOf(status) == "DOMAIN_TAKEN" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(told, 5);
}

TEST_F(CreateCustomerTest, ValidateOnlyKnowsThePartnerByItsCopy) {
  EXPECT_TRUE(Create("maybe.example", "", true).ok()) << "nothing is known of the partner";
  ASSERT_TRUE(KeepPartnerFact(*session_, {kPartner, "DE", "europe", {1}, kAgreementSigned, {}, 1}).ok());
  EXPECT_EQ(ReasonOf(Create("maybe.example", "", true).status()), "REGION_MISMATCH");
  ASSERT_TRUE(KeepPartnerFact(*session_, {kPartner, "US", "united-states", {1}, kAgreementSigned, {}, 2}).ok());
  const auto checked = Create("maybe.example", "", true);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->name(), "");
  EXPECT_EQ(checked->primary_domain(), "maybe.example");
  EXPECT_EQ(Count("customer"), 0);
  EXPECT_EQ(peer_.calls(), 0);
}

// Dies at every boundary of every step; another replica picks up.
class CreationKilled : public CreateCustomerTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(CreationKilled, EndsAsIfNothingHadHappened) {
  const bool refused = GetParam().find("remove") != std::string::npos;
  if (refused) peer_.SetRefuse([](const auto&) { return Refusal("MPA_NOT_SIGNED"); });
  std::atomic<bool> passed{false};
  absl::Notification died;
  testing::Failpoints::Shared().SetHook([&](const std::string& name) {
    if (name != GetParam() || passed.exchange(true)) return false;
    died.Notify();
    return true;
  });
  const std::string key = NewId();
  v1::CreateCustomerRequest request;
  request.set_parent(PartnerName(kPartner));
  *request.mutable_customer() = ToProto(NewCustomer("killed.example"));
  CallContext call = CallOf(key);
  call.deadline = absl::Now() + absl::Seconds(2);
  EXPECT_EQ(ReasonOf(Serve(rpc::Async(&CreateCustomer, replica_->parts), request, call, PartnerUser()).status()),
            "SAGA_RUNNING");
  // The saga runs on behind the caller's deadline.
  ASSERT_TRUE(died.WaitForNotificationWithTimeout(absl::Seconds(30))) << "the failpoint was not passed";
  testing::Failpoints::Shared().SetHook(nullptr);
  // The lease of the dead one runs out.
  ASSERT_TRUE(session_->Execute("UPDATE saga SET lease_until = clock_timestamp() - interval '1 second'").ok());
  Replica other(*this, "replica-2");
  replica_->sagas.Stop();
  v1::CreateCustomerRequest again = request;
  const auto joined = Serve(rpc::Async(&CreateCustomer, other.parts), again, CallOf(key), PartnerUser());
  if (refused) {
    EXPECT_EQ(ReasonOf(joined.status()), "MPA_NOT_SIGNED");
    EXPECT_EQ(Count("customer"), 0);
    EXPECT_EQ(Count("organization_domain"), 0);
  } else {
    EXPECT_TRUE(joined.ok()) << joined.status();
    EXPECT_EQ(Count("customer WHERE state = 1"), 1);
    EXPECT_EQ(Count("outbox"), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Boundaries, CreationKilled,
                         ::testing::Values("saga.customer.create.establish.before",
                                           "saga.customer.create.establish.after",
                                           "saga.customer.create.activate.before",
                                           "saga.customer.create.activate.after", "saga.customer.create.remove.before",
                                           "saga.customer.create.remove.after"),
                         [](const auto& info) {
                           std::string name = info.param.substr(std::string("saga.customer.create.").size());
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace clientele::customer
