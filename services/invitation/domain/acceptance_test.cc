#include "services/invitation/domain/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/core/error.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

using testing::ElementsAre;

Acceptance GoodAcceptance() {
  Acceptance acceptance;
  acceptance.company_name = "Fabrikam Werke AG";
  acceptance.country = "DE";
  acceptance.agreement =
      Agreement{"customer-agreement/2026-01", "Zoë", "Müller", "zoe@Fabrikam.example", "030 1234567", "2026-01-01"};
  return acceptance;
}

Caller Anna() { return {true, {{kIssuer, kTenantId}, "anna@fabrikam.example", {"fabrikam.example"}}}; }

std::string HolderReason(const Invitation& invitation, int64_t generation, const Caller& caller,
                         absl::Time now = TestTime()) {
  return ReasonOf(CheckHolder(invitation, generation, caller, now));
}

TEST(CheckAcceptance, NormalisesTheAgreement) {
  const auto checked = CheckAcceptance(GoodAcceptance(), TestMarkets(), TestTime());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->agreement->email, "zoe@fabrikam.example");
  EXPECT_EQ(checked->agreement->phone_number, "+49301234567");
  Acceptance none = GoodAcceptance();
  none.agreement.reset();
  EXPECT_TRUE(CheckAcceptance(none, TestMarkets(), TestTime()).ok()) << "told later, as AGREEMENT_REQUIRED";
}

TEST(CheckAcceptance, TellsEveryViolationAtOnce) {
  Acceptance bad = GoodAcceptance();
  bad.country = "XX";
  bad.agreement->email = "nobody";
  bad.agreement->phone_number = "1";
  bad.agreement->date_agreed = "2026-01-02";
  std::set<std::string> fields;
  for (const auto& violation : FieldViolationsOf(CheckAcceptance(bad, TestMarkets(), TestTime()).status())) {
    fields.insert(violation.field);
  }
  EXPECT_EQ(fields, (std::set<std::string>{"company.country", "agreement.primary_contact.email",
                                           "agreement.primary_contact.phone_number", "agreement.date_agreed"}));
  bad = GoodAcceptance();
  bad.agreement->date_agreed = "2026-02-30";
  EXPECT_EQ(FieldViolationsOf(CheckAcceptance(bad, TestMarkets(), TestTime()).status())[0].reason, "DATE");
}

TEST(OrganizationDomains, TheTargetsComesFirstAndFreeMailNever) {
  Invitee invitee = Anna().invitee;
  invitee.domains = {"Gmail.com", "b.example", "fabrikam.example", "b.example", "no domain"};
  EXPECT_THAT(OrganizationDomains(DomainTarget("fabrikam.example"), invitee, TestCloud(), 20),
              ElementsAre("fabrikam.example", "b.example"));
  EXPECT_THAT(OrganizationDomains(TenantTarget(kIssuer, kTenantId), invitee, TestCloud(), 1), ElementsAre("b.example"));
}

TEST(CheckHolder, ThePartyComesBeforeTheState) {
  const Invitation expired = TestInvitation(InvitationState::kExpired);
  Caller helpdesk = Anna();
  helpdesk.is_global_administrator = false;
  EXPECT_EQ(HolderReason(expired, 1, helpdesk), "CUSTOMER_ROLE_REQUIRED");
  Caller eve = Anna();
  eve.invitee.email = "eve@other.example";
  EXPECT_EQ(HolderReason(expired, 1, eve), "NOT_INVITEE");
  EXPECT_EQ(CheckHolder(expired, 1, eve, TestTime()).code(), absl::StatusCode::kPermissionDenied);
}

TEST(CheckHolder, OnlyTheNewestLinkOfALivingInvitation) {
  Invitation open = TestInvitation(InvitationState::kOpen);
  open.token_generation = 2;
  EXPECT_EQ(HolderReason(open, 2, Anna()), "");
  EXPECT_EQ(HolderReason(open, 1, Anna()), "INVITATION_REPLACED");
  EXPECT_EQ(HolderReason(open, 3, Anna()), "INVITATION_NOT_FOUND");
  EXPECT_EQ(HolderReason(open, 2, Anna(), *open.expire_time), "INVITATION_EXPIRED");
  open.state = InvitationState::kAccepting;
  EXPECT_EQ(HolderReason(open, 2, Anna(), *open.expire_time), "");
  for (const InvitationState used :
       {InvitationState::kAccepted, InvitationState::kDeclined, InvitationState::kCancelled}) {
    open.state = used;
    EXPECT_EQ(HolderReason(open, 2, Anna()), "INVITATION_USED");
    EXPECT_EQ(MetadataOf(CheckHolder(open, 2, Anna(), TestTime())).at("state"), WordOf(used));
  }
}

TEST(BeginAcceptance, NeedsAgreementAndRegion) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  const auto begin = [&](const Acceptance& acceptance, const std::optional<PartnerFact>& partner) {
    return BeginAcceptance(open, acceptance, partner, TestMarkets(), TestTime());
  };
  const auto begun = begin(GoodAcceptance(), TestPartner());
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->after.state, InvitationState::kAccepting);
  EXPECT_EQ(begun->type, "invitation.accepting");
  Acceptance other = GoodAcceptance();
  other.agreement.reset();
  EXPECT_EQ(ReasonOf(begin(other, TestPartner()).status()), "AGREEMENT_REQUIRED");
  other = GoodAcceptance();
  other.country = "JP";
  EXPECT_EQ(ReasonOf(begin(other, TestPartner()).status()), "REGION_MISMATCH");
  EXPECT_EQ(ReasonOf(begin(GoodAcceptance(), std::nullopt).status()), "PARTNER_UNKNOWN");
  EXPECT_EQ(
      ReasonOf(BeginAcceptance(begun->after, GoodAcceptance(), TestPartner(), TestMarkets(), TestTime()).status()),
      "INVITATION_BEING_ACCEPTED");
}

TEST(CompleteAcceptance, SetsTheRelationship) {
  const auto done =
      CompleteAcceptance(TestInvitation(InvitationState::kAccepting), "partners/p/customerRelationships/c", TestTime());
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->after.state, InvitationState::kAccepted);
  EXPECT_EQ(done->after.accepted_relationship, "partners/p/customerRelationships/c");
  EXPECT_EQ(ReasonOf(CompleteAcceptance(done->after, "r", TestTime()).status()), "ALREADY_IN_STATE");
}

TEST(ReopenAfterRefusal, TellsTheReasonAndLooksAtTheTime) {
  const Invitation accepting = TestInvitation(InvitationState::kAccepting);
  const absl::Status refusal =
      MakeError(absl::StatusCode::kFailedPrecondition, "ORGANIZATION_AMBIGUOUS", "two organisations");
  const auto reopened = ReopenAfterRefusal(accepting, refusal, false, TestTime());
  EXPECT_EQ(reopened->after.state, InvitationState::kOpen);
  EXPECT_EQ(reopened->type, "invitation.reopened");
  EXPECT_EQ(reopened->after.progress.last_error, "ORGANIZATION_AMBIGUOUS");
  const auto late = ReopenAfterRefusal(accepting, refusal, false, *accepting.expire_time);
  EXPECT_EQ(late->after.state, InvitationState::kExpired);
  EXPECT_EQ(late->type, "invitation.expired");
  const absl::Status terminating =
      MakeError(absl::StatusCode::kFailedPrecondition, "RELATIONSHIP_TERMINATING", "it ends");
  for (const auto& ended : {ReopenAfterRefusal(accepting, terminating, false, TestTime()),
                            ReopenAfterRefusal(accepting, refusal, true, TestTime())}) {
    EXPECT_EQ(ended->after.state, InvitationState::kCancelled);
    EXPECT_EQ(ended->type, "invitation.cancelled");
  }
}

}  // namespace
}  // namespace clientele::invitation
