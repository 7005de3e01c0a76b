#include "services/invitation/workflows/accept_saga.h"

#include "common/testing/lost_answer.h"
#include "services/invitation/workflows/accept_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;

TEST_F(AcceptSagaTest, MakesRelationshipAndAccount) {
  const Invitation open = Opened();
  Pending pending = Begin(RequestFor(open));
  const auto accepted = pending.answer.get();
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  const std::string relationship = absl::StrCat(PartnerName(kPartnerId), "/customerRelationships/", kCustomerId);
  EXPECT_EQ(accepted->state(), v1::INVITATION_STATE_ACCEPTED);
  EXPECT_EQ(accepted->customer_relationship(), relationship);
  const Invitation after = Read(open.id);
  EXPECT_EQ(after.state, InvitationState::kAccepted);
  EXPECT_EQ(after.accepted_relationship, relationship);
  EXPECT_EQ(after.delivery.state, DeliveryState::kNone) << "the mail that waited is not sent any more";
  EXPECT_THAT(Events(open.id),
              ElementsAre("invitation.created", "invitation.sent", "invitation.accepting", "invitation.accepted"));
  EXPECT_EQ(EmptySagas(), 1) << "what it knew of persons is gone";
  const Consistency& seen = pending.call->context.consistency;
  EXPECT_EQ(seen.at("customer").txid, 9u);
  EXPECT_EQ(seen.at("relationship").txid, 6u);
  EXPECT_EQ(seen.count("invitation"), 1u);

  const customer::v1::ResolveOrganizationRequest& resolved = peers_.resolved.at(0);
  EXPECT_TRUE(resolved.reserve());
  EXPECT_EQ(resolved.directory_tenant().tenant_id(), kTenantId);
  EXPECT_EQ(resolved.domains(0), "fabrikam.example");
  const auto& wanted = peers_.established.at(0).relationships(0);
  EXPECT_EQ(wanted.origin(), relationship::v1::RELATIONSHIP_ORIGIN_INVITATION);
  EXPECT_EQ(wanted.established_by(), NameOf(open));
  EXPECT_EQ(wanted.customer(), kCustomerId);
  EXPECT_EQ(wanted.country(), "DE");
  EXPECT_EQ(wanted.directory_tenants(0).issuer(), kIssuer);
  const customer::v1::UpsertCustomerAccountRequest& upserted = peers_.upserted.at(0);
  EXPECT_EQ(upserted.customer_relationship().name(), relationship);
  EXPECT_EQ(upserted.company_name(), "Fabrikam Werke AG");
  EXPECT_EQ(upserted.agreement().primary_contact().email(), "zoe@fabrikam.example");
  EXPECT_EQ(std::set<std::string>({resolved.request_id(), peers_.established.at(0).request_id(), upserted.request_id()})
                .size(),
            3u);
}

TEST_F(AcceptSagaTest, ARefusalReachesTheCallerUnchangedAndReopens) {
  const Invitation open = Opened();
  peers_.resolve = {Refusal("ORGANIZATION_AMBIGUOUS")};
  EXPECT_EQ(Accept(RequestFor(open)).status(), Refusal("ORGANIZATION_AMBIGUOUS"));
  EXPECT_EQ(Read(open.id).state, InvitationState::kOpen);
  EXPECT_EQ(Read(open.id).progress.last_error, "ORGANIZATION_AMBIGUOUS");
  EXPECT_EQ(EmptySagas(), 1);
  peers_.outcome = {Refusal("PARTNER_IS_CUSTOMER")};
  EXPECT_EQ(Accept(RequestFor(open)).status(), Refusal("PARTNER_IS_CUSTOMER"));
  EXPECT_EQ(Read(open.id).progress.last_error, "PARTNER_IS_CUSTOMER");
  EXPECT_TRUE(peers_.upserted.empty());
  ASSERT_TRUE(Accept(RequestFor(open)).ok()) << "the third time it is well";
  EXPECT_EQ(Read(open.id).progress.last_error, "");
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent", "invitation.accepting",
                                           "invitation.reopened", "invitation.accepting", "invitation.reopened",
                                           "invitation.accepting", "invitation.accepted"));
}

TEST_F(AcceptSagaTest, ARefusedRequestCanBeMadeAgain) {
  const Invitation open = Opened();
  const std::string request_id = NewId();
  peers_.outcome = {Refusal("MPA_NOT_SIGNED")};
  EXPECT_EQ(ReasonOf(Accept(RequestFor(open), request_id).status()), "MPA_NOT_SIGNED");
  const auto accepted = Accept(RequestFor(open), request_id);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->state(), v1::INVITATION_STATE_ACCEPTED);
  EXPECT_TRUE(Accept(RequestFor(open), request_id).ok()) << "what was done stays done";
}

TEST_F(AcceptSagaTest, ARefusalPastItsTimeExpiresIt) {
  const Invitation open = Opened();
  peers_.resolve = {Refusal("ORGANIZATION_AMBIGUOUS")};
  peers_.hold = true;
  Pending pending = Begin(RequestFor(open));
  peers_.AwaitHeld();
  clock_.Advance(absl::Hours(24 * 31));
  peers_.LetGo();
  EXPECT_EQ(ReasonOf(pending.answer.get().status()), "ORGANIZATION_AMBIGUOUS");
  EXPECT_EQ(Read(open.id).state, InvitationState::kExpired);
}

TEST_F(AcceptSagaTest, ARelationshipThatIsBeingEndedCancelsIt) {
  const Invitation open = Opened();
  peers_.outcome = {Refusal("RELATIONSHIP_TERMINATING")};
  EXPECT_EQ(RefusalOf(RequestFor(open)), "RELATIONSHIP_TERMINATING");
  EXPECT_EQ(Read(open.id).state, InvitationState::kCancelled);
  EXPECT_EQ(Events(open.id).back(), "invitation.cancelled");
}

TEST_F(AcceptSagaTest, WhatMayComeBackIsTriedAgain) {
  const Invitation open = Opened();
  peers_.resolve = {Away()};
  peers_.establish = {Away()};
  peers_.upsert = {Away()};
  const auto accepted = Accept(RequestFor(open));
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(peers_.resolved.size(), 2u);
  EXPECT_EQ(peers_.resolved[0].request_id(), peers_.resolved[1].request_id());
  EXPECT_EQ(peers_.established.size(), 2u);
  EXPECT_EQ(peers_.upserted.size(), 2u);
}

TEST_F(AcceptSagaTest, ARefusedAccountTakesTheRelationshipBack) {
  const Invitation open = Opened();
  peers_.upsert = {Refusal("ORGANIZATION_NOT_FOUND")};
  peers_.withdraw = {Away(), Refusal("TERMINATION_HOLDS")};
  Pending pending = Begin(RequestFor(open));
  EXPECT_EQ(pending.answer.get().status(), Refusal("ORGANIZATION_NOT_FOUND"));
  ASSERT_EQ(peers_.withdrawn.size(), 3u) << "tried until it is done";
  EXPECT_EQ(peers_.withdrawn[2].name(), peers_.upserted[0].customer_relationship().name());
  EXPECT_EQ(peers_.withdrawn[2].generation(), 3);
  EXPECT_EQ(peers_.withdrawn[2].request_id(), peers_.withdrawn[0].request_id());
  EXPECT_EQ(Read(open.id).state, InvitationState::kOpen);
  EXPECT_EQ(Read(open.id).progress.last_error, "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(pending.call->context.consistency.at("relationship").txid, 7u);
  ASSERT_TRUE(Accept(RequestFor(open)).ok()) << "the next time it is well";
}

TEST_F(AcceptSagaTest, ARefusedAccountBesideTheEndOfItsRelationshipCancels) {
  const Invitation open = Opened();
  peers_.upsert = {Refusal("ORGANIZATION_NOT_FOUND")};
  peers_.ended_by = relationship::v1::TERMINATED_BY_PARTNER;
  EXPECT_EQ(RefusalOf(RequestFor(open)), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(Read(open.id).state, InvitationState::kCancelled);
}

TEST_F(AcceptSagaTest, ARefusedAccountLeavesARelationshipThatStoodBefore) {
  const Invitation open = Opened();
  peers_.already_stands = true;
  peers_.upsert = {Refusal("ORGANIZATION_NOT_FOUND")};
  EXPECT_EQ(RefusalOf(RequestFor(open)), "ORGANIZATION_NOT_FOUND");
  EXPECT_TRUE(peers_.withdrawn.empty());
  EXPECT_EQ(Read(open.id).state, InvitationState::kOpen);
}

TEST_F(AcceptSagaTest, OfTwoAcceptancesOneHasTheEffect) {
  const Invitation open = Opened();
  peers_.hold = true;
  Pending first = Begin(RequestFor(open));
  peers_.AwaitHeld();
  const absl::Status second = Accept(RequestFor(open)).status();
  EXPECT_EQ(ReasonOf(second), "INVITATION_BEING_ACCEPTED");
  EXPECT_EQ(ReasonOf(Run(CancelCommand(open.id), Call()).status()), "INVITATION_BEING_ACCEPTED");
  EXPECT_EQ(ReasonOf(Run(SendCommand(open.id), Call()).status()), "INVALID_STATE_TRANSITION");
  peers_.LetGo();
  EXPECT_TRUE(first.answer.get().ok());
  EXPECT_EQ(RefusalOf(RequestFor(open)), "INVITATION_USED");
  EXPECT_EQ(AllSagas(), 1);
}

TEST_F(AcceptSagaTest, TheSameRequestJoins) {
  const Invitation open = Opened();
  const std::string request_id = NewId();
  peers_.hold = true;
  Pending first = Begin(RequestFor(open), request_id);
  peers_.AwaitHeld();
  Pending impatient = Begin(RequestFor(open), request_id, Anna(), absl::Milliseconds(100));
  const absl::Status running = impatient.answer.get().status();
  EXPECT_EQ(running.code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(RetryDelayOf(running), absl::ZeroDuration());
  Pending second = Begin(RequestFor(open), request_id);
  peers_.LetGo();
  EXPECT_TRUE(first.answer.get().ok());
  EXPECT_TRUE(second.answer.get().ok());
  const auto late = Accept(RequestFor(open), request_id);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->state(), v1::INVITATION_STATE_ACCEPTED);
  EXPECT_EQ(peers_.upserted.size(), 1u);
}

TEST_F(AcceptSagaTest, ACommitWhoseAnswerIsLostWaitsForNoLease) {
  const Invitation open = Opened();
  const testing::LostAnswer answer;
  const auto accepted = Begin(RequestFor(open), NewId(), Anna(), pg::kSagaLease / 2).answer.get();
  EXPECT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_TRUE(answer.lost());
}

TEST_F(AcceptSagaTest, OnlyTheInviteeWithTheNewestGenuineLink) {
  const Invitation open = Opened();
  v1::AcceptInvitationRequest request = RequestFor(open);
  auth::Principal eve = Anna();
  eve.email = "eve@other.example";
  EXPECT_EQ(RefusalOf(request, eve), "NOT_INVITEE");
  auth::Principal helpdesk = Anna();
  helpdesk.roles = {};
  EXPECT_EQ(RefusalOf(request, helpdesk), "CUSTOMER_ROLE_REQUIRED");
  request.clear_agreement();
  EXPECT_EQ(RefusalOf(request), "AGREEMENT_REQUIRED");
  request = RequestFor(open);
  request.mutable_company()->set_country("JP");
  EXPECT_EQ(RefusalOf(request), "REGION_MISMATCH");
  request = RequestFor(open);
  request.set_token(request.token() + "A");
  EXPECT_EQ(RefusalOf(request), "INVITATION_NOT_FOUND");
  request.set_token(tokens_.Derive(NewId(), 1));
  EXPECT_EQ(RefusalOf(request), "INVITATION_NOT_FOUND");
  ASSERT_TRUE(Run(SendCommand(open.id), Call()).ok());
  EXPECT_EQ(RefusalOf(RequestFor(open)), "INVITATION_REPLACED");
  EXPECT_EQ(AllSagas(), 0);
}

TEST_F(AcceptSagaTest, ATrialRunChangesNothing) {
  const Invitation open = Opened();
  v1::AcceptInvitationRequest request = RequestFor(open);
  request.set_validate_only(true);
  const auto trial = Accept(request);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(Read(open.id).state, InvitationState::kOpen);
  EXPECT_EQ(AllSagas(), 0);
}

TEST_F(AcceptSagaTest, LookupAndDecline) {
  const Invitation open = Opened();
  rpc::Call call;
  call.context = Call();
  call.principal = Anna();
  v1::LookupInvitationRequest lookup;
  lookup.set_token(tokens_.Derive(open.id, 1));
  const auto look = [&] { return LookupInvitation(*session_, call, lookup, parts_); };
  const auto seen = look();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->partner_display_name(), TestPartner().display_name);
  EXPECT_EQ(seen->region(), TestPartner().region);
  EXPECT_EQ(seen->state(), v1::INVITATION_STATE_OPEN);
  v1::DeclineInvitationRequest decline;
  decline.set_token(lookup.token());
  decline.set_reason("We have a partner.");
  const auto declined = DeclineInvitation(*session_, call, decline, parts_);
  ASSERT_TRUE(declined.ok()) << declined.status();
  EXPECT_EQ(declined->state(), v1::INVITATION_STATE_DECLINED);
  EXPECT_TRUE(DeclineInvitation(*session_, call, decline, parts_).ok()) << "a repeat";
  EXPECT_EQ(Read(open.id).closing_reason, "We have a partner.");
  EXPECT_EQ(ReasonOf(look().status()), "INVITATION_USED");
}

}  // namespace
}  // namespace clientele::invitation
