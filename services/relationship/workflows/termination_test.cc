#include "services/relationship/workflows/termination.h"

#include <future>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/testing/fake_clock.h"
#include "services/relationship/api/terminate_customer_relationship.h"
#include "services/relationship/storage/store_fixture.h"
#include "services/relationship/workflows/peers_fixture.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// TerminateCustomerRelationship from the handler to the last step, with the other services in this process.
class TerminationTest : public StoreTest {
 protected:
  TerminationTest() : executor_(Options()), runner_(Replica(), clock_, executor_, Definitions()) {
    runner_.Start();
    customer::v1::Customer customer;
    customer.set_primary_domain("contoso.com");
    customer.add_custom_domains("contoso.de");
    customer.add_directory_tenants()->set_tenant_id(NewId());
    peers_.accounts.SetCustomer(customer);
  }

  ~TerminationTest() override {
    runner_.Stop();
    executor_.Stop();
  }

  pg::ExecutorOptions Options() const {
    pg::ExecutorOptions options;
    options.session = options_;
    return options;
  }

  static saga::RunnerOptions Replica() {
    saga::RunnerOptions options;
    options.owner = "replica";
    return options;
  }

  std::vector<saga::Definition> Definitions() {
    return {TerminationDefinition(Accounts(peers_.channel()), Invitations(peers_.channel()), relationships_)};
  }

  v1::TerminateCustomerRelationshipRequest RequestFor(const RelationshipKey& key) {
    v1::TerminateCustomerRelationshipRequest request;
    request.set_name(CustomerRelationshipName(key.first, key.second));
    request.set_reason("moved");
    return request;
  }

  struct Answer {
    absl::StatusOr<v1::CustomerRelationship> relationship;
    std::shared_ptr<rpc::Call> call;
  };

  Answer Terminate(const v1::TerminateCustomerRelationshipRequest& request, const std::string& request_id = NewId(),
                   absl::Duration patience = absl::Seconds(30),
                   auth::PrincipalKind kind = auth::PrincipalKind::kPartnerUser) {
    auto call = std::make_shared<rpc::Call>();
    call->context = Call(request_id);
    call->context.deadline = absl::Now() + patience;
    call->context.validate_only = request.validate_only();
    call->principal.kind = kind;
    std::promise<absl::StatusOr<v1::CustomerRelationship>> answered;
    TerminateCustomerRelationship(
        call, std::make_shared<v1::TerminateCustomerRelationshipRequest>(request),
        [&](absl::StatusOr<v1::CustomerRelationship> answer) { answered.set_value(std::move(answer)); }, relationships_,
        {kTerminationKind, FirstTerminationState}, runner_, executor_);
    return {answered.get_future().get(), call};
  }

  testing::FakeClock clock_;
  Peers peers_;
  pg::Executor executor_;
  saga::Runner runner_;
  const RelationshipKey key_ = MakeRelationship(MakePartner("1001").id);
};

TEST_F(TerminationTest, EndsAccountThenInvitationsThenTheRelationship) {
  const Answer answer = Terminate(RequestFor(key_));
  ASSERT_TRUE(answer.relationship.ok()) << answer.relationship.status();
  EXPECT_EQ(answer.relationship->state(), v1::RELATIONSHIP_STATE_TERMINATED);
  EXPECT_EQ(answer.relationship->termination().terminated_by(), v1::TERMINATED_BY_PARTNER);
  EXPECT_EQ(answer.relationship->termination().reason(), "moved");
  EXPECT_EQ(answer.relationship->revision(), 3);
  EXPECT_TRUE(answer.relationship->termination().has_end_time());
  EXPECT_EQ(answer.call->context.consistency.count("relationship"), 1u);

  const auto ended = peers_.accounts.ended();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].customer_relationship().state(), v1::RELATIONSHIP_STATE_TERMINATING);
  EXPECT_EQ(ended[0].customer_relationship().revision(), 2);
  EXPECT_FALSE(ended[0].request_id().empty());
  const auto cancelled = peers_.invitations.cancelled();
  ASSERT_EQ(cancelled.size(), 1u);
  EXPECT_EQ(cancelled[0].partner(), PartnerName(key_.first));
  EXPECT_THAT(cancelled[0].domains(), ElementsAre("contoso.com", "contoso.de"));
  EXPECT_EQ(cancelled[0].directory_tenants_size(), 1);
  EXPECT_THAT(EventsOf(CustomerRelationshipName(key_.first, key_.second)),
              ElementsAre("relationship.activated", "relationship.terminating", "relationship.terminated"));
}

TEST_F(TerminationTest, TellsWhoEndedIt) {
  const Answer answer = Terminate(RequestFor(key_), NewId(), absl::Seconds(30), auth::PrincipalKind::kCustomer);
  ASSERT_TRUE(answer.relationship.ok()) << answer.relationship.status();
  EXPECT_EQ(answer.relationship->termination().terminated_by(), v1::TERMINATED_BY_CUSTOMER);
}

TEST_F(TerminationTest, WithoutAnAccountThereIsNothingElseToEnd) {
  peers_.accounts.Fail({ToGrpc(NotFound("CUSTOMER", "partners/p/customers/c"))});
  const Answer answer = Terminate(RequestFor(key_));
  ASSERT_TRUE(answer.relationship.ok()) << answer.relationship.status();
  EXPECT_EQ(answer.relationship->state(), v1::RELATIONSHIP_STATE_TERMINATED);
  EXPECT_THAT(peers_.invitations.cancelled(), IsEmpty());
}

TEST_F(TerminationTest, TriesAgainWhatFailsWithTheSameId) {
  peers_.accounts.Fail({{grpc::StatusCode::UNAVAILABLE, "away"}, {grpc::StatusCode::INTERNAL, "broken"}});
  const Answer answer = Terminate(RequestFor(key_));
  ASSERT_TRUE(answer.relationship.ok()) << answer.relationship.status();
  const auto ended = peers_.accounts.ended();
  ASSERT_GE(ended.size(), 3u);
  EXPECT_EQ(ended.front().request_id(), ended.back().request_id());
}

TEST_F(TerminationTest, WaitsForAnInvitationThatIsBeingAccepted) {
  const auto waits =
      ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "INVITATION_BEING_ACCEPTED", "wait until it is through"));
  peers_.invitations.Fail({waits, waits});
  const Answer answer = Terminate(RequestFor(key_));
  ASSERT_TRUE(answer.relationship.ok()) << answer.relationship.status();
  EXPECT_EQ(answer.relationship->state(), v1::RELATIONSHIP_STATE_TERMINATED);
  const auto cancelled = peers_.invitations.cancelled();
  ASSERT_EQ(cancelled.size(), 3u);
  EXPECT_EQ(cancelled[0].SerializeAsString(), cancelled[2].SerializeAsString());
}

TEST_F(TerminationTest, ARefusedCancellationEndsTheRelationshipAllTheSame) {
  peers_.invitations.Fail({ToGrpc(MakeError(absl::StatusCode::kNotFound, "PARTNER_NOT_FOUND", "gone"))});
  EXPECT_EQ(Terminate(RequestFor(key_)).relationship->state(), v1::RELATIONSHIP_STATE_TERMINATED);
  EXPECT_EQ(peers_.invitations.cancelled().size(), 1u);
}

TEST_F(TerminationTest, RunsOnPastTheDeadlineAndIsJoinedByARepeat) {
  peers_.accounts.FailAlways(true);
  const std::string request_id = NewId();
  const Answer late = Terminate(RequestFor(key_), request_id, absl::Milliseconds(300));
  EXPECT_EQ(late.relationship.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(late.relationship.status()), "SAGA_RUNNING");
  EXPECT_EQ(Stored(key_).state, RelationshipState::kTerminating);
  EXPECT_EQ(ReasonOf(Terminate(RequestFor(key_)).relationship.status()), "ALREADY_IN_STATE");
  peers_.accounts.FailAlways(false);
  const Answer joined = Terminate(RequestFor(key_), request_id);
  ASSERT_TRUE(joined.relationship.ok()) << joined.relationship.status();
  EXPECT_EQ(joined.relationship->state(), v1::RELATIONSHIP_STATE_TERMINATED);
  const Answer again = Terminate(RequestFor(key_), request_id);
  ASSERT_TRUE(again.relationship.ok()) << again.relationship.status();
  EXPECT_EQ(again.relationship->revision(), 3);
  EXPECT_EQ(Count("saga"), 1);
}

TEST_F(TerminationTest, TakesManyDomainsInPortions) {
  customer::v1::Customer customer;
  customer.set_primary_domain("contoso.com");
  for (int i = 0; i < 249; ++i) customer.add_custom_domains(absl::StrCat("contoso", i, ".com"));
  peers_.accounts.SetCustomer(customer);
  ASSERT_TRUE(Terminate(RequestFor(key_)).relationship.ok());
  std::set<std::string> domains, request_ids;
  for (const auto& request : peers_.invitations.cancelled()) {
    EXPECT_LE(request.domains_size(), 100);
    domains.insert(request.domains().begin(), request.domains().end());
    request_ids.insert(request.request_id());
  }
  EXPECT_EQ(domains.size(), 250u);
  EXPECT_EQ(request_ids.size(), 3u);
}

TEST_F(TerminationTest, IsRefusedUnderAHoldAndValidatedWithoutEffect) {
  v1::TerminateCustomerRelationshipRequest request = RequestFor(key_);
  request.set_validate_only(true);
  ASSERT_TRUE(Terminate(request).relationship.ok());
  CallContext call = Call();
  ASSERT_TRUE(holds_.Upsert(*session_, call, key_, {"sub-1", HoldKind::kSubscription, "suspend it", ""}).ok());
  for (const bool validate_only : {true, false}) {
    request.set_validate_only(validate_only);
    EXPECT_EQ(ReasonOf(Terminate(request).relationship.status()), "TERMINATION_HOLDS");
  }
  EXPECT_THAT(peers_.accounts.ended(), IsEmpty());
  EXPECT_EQ(Stored(key_).state, RelationshipState::kActive);
}

}  // namespace
}  // namespace clientele::relationship
