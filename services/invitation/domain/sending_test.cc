#include "services/invitation/domain/sending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/core/error.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

using testing::Contains;

const market::InvitationPolicy& Policy() { return TestCloud().invitation(); }

SendingFacts Facts() { return {TestPartner(), "", 0}; }

TEST(Send, OpensADraftAndQueuesItsMail) {
  const auto sent = Send(TestInvitation(), Facts(), Policy(), TestTime());
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->type, "invitation.sent");
  EXPECT_EQ(sent->after.state, InvitationState::kOpen);
  EXPECT_EQ(sent->after.token_generation, 1);
  EXPECT_EQ(sent->after.delivery.state, DeliveryState::kQueued);
  EXPECT_EQ(sent->after.expire_time, TestTime() + absl::Hours(24 * 30));
  EXPECT_EQ(sent->after.reminder_time, TestTime() + absl::Hours(24 * 27));
  EXPECT_EQ(sent->after.revision, 2);
  EXPECT_EQ(sent->after.etag_revision, 2);
}

TEST(Send, WithoutAnAddressTheLinkIsHandedOver) {
  Invitation draft = TestInvitation();
  draft.target = DomainTarget("fabrikam.example");
  SendingFacts facts = Facts();
  facts.mails_today = 100000;
  const auto sent = Send(draft, facts, Policy(), TestTime());
  ASSERT_TRUE(sent.ok()) << "no mail, no quota: " << sent.status();
  EXPECT_EQ(sent->after.delivery.state, DeliveryState::kNone);
  EXPECT_FALSE(sent->after.reminder_time.has_value());
}

TEST(Send, ShortLivedInvitationsHaveNoReminder) {
  Invitation draft = TestInvitation();
  draft.lifetime_days = 3;
  EXPECT_FALSE(Send(draft, Facts(), Policy(), TestTime())->after.reminder_time.has_value());
  draft.lifetime_days = 4;
  EXPECT_EQ(Send(draft, Facts(), Policy(), TestTime())->after.reminder_time, TestTime() + absl::Hours(24));
}

TEST(Send, OneInvitationForATargetWaits) {
  SendingFacts facts = Facts();
  facts.open_twin = "partners/p/invitations/other";
  const absl::Status refusal = Send(TestInvitation(), facts, Policy(), TestTime()).status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(refusal), "DUPLICATE_INVITATION");
}

TEST(Send, APartnerWithoutItsAgreementInvitesNobody) {
  SendingFacts facts = Facts();
  facts.partner->agreement_signed = false;
  EXPECT_EQ(ReasonOf(Send(TestInvitation(), facts, Policy(), TestTime()).status()), "MPA_NOT_SIGNED");
  EXPECT_EQ(ReasonOf(Resend(TestInvitation(InvitationState::kOpen), 0, facts, Policy(), TestTime()).status()),
            "MPA_NOT_SIGNED");
  facts.partner.reset();
  EXPECT_EQ(ReasonOf(Send(TestInvitation(), facts, Policy(), TestTime()).status()), "PARTNER_UNKNOWN");
}

TEST(Send, KeepsThePartnersQuota) {
  SendingFacts facts = Facts();
  facts.mails_today = Policy().daily_mails_to_strangers_per_partner - 1;
  EXPECT_TRUE(Send(TestInvitation(), facts, Policy(), TestTime()).ok());
  facts.mails_today += 1;
  const absl::Status refusal = Send(TestInvitation(), facts, Policy(), TestTime() + absl::Hours(22)).status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refusal), "INVITATION_QUOTA");
  EXPECT_EQ(RetryDelayOf(refusal), absl::Hours(2)) << "until the next day";
}

TEST(Resend, MakesANewLinkAndLifetime) {
  const absl::Time later = TestTime() + absl::Hours(24 * 10);
  const auto resent = Resend(TestInvitation(InvitationState::kOpen), 5, Facts(), Policy(), later);
  ASSERT_TRUE(resent.ok()) << resent.status();
  EXPECT_EQ(resent->after.token_generation, 2);
  EXPECT_EQ(resent->after.expire_time, later + absl::Hours(24 * 5));
  EXPECT_EQ(resent->after.delivery.state, DeliveryState::kQueued);
  EXPECT_FALSE(resent->after.delivery.send_time.has_value());
  EXPECT_THAT(resent->changed_fields, Contains("lifetime_days"));
}

TEST(Resend, KeepsTheLifetimeItWasMadeWith) {
  Invitation open = TestInvitation(InvitationState::kOpen);
  open.lifetime_days = 7;
  const auto resent = Resend(open, 0, Facts(), Policy(), TestTime());
  EXPECT_EQ(resent->after.expire_time, TestTime() + absl::Hours(24 * 7));
}

TEST(Resend, OnlyAnOpenOneThatHasNotExpired) {
  const auto reason = [](InvitationState state, absl::Time now) {
    return ReasonOf(Resend(TestInvitation(state), 0, Facts(), Policy(), now).status());
  };
  EXPECT_EQ(reason(InvitationState::kDraft, TestTime()), "INVALID_STATE_TRANSITION");
  EXPECT_EQ(reason(InvitationState::kAccepting, TestTime()), "INVITATION_BEING_ACCEPTED");
  EXPECT_EQ(reason(InvitationState::kOpen, TestTime() + absl::Hours(24 * 30)), "INVALID_STATE_TRANSITION");
}

TEST(Cancel, VoidsTheMailThatWaits) {
  Invitation open = TestInvitation(InvitationState::kOpen);
  open.delivery.state = DeliveryState::kQueued;
  const auto cancelled = Cancel(open, "Wrong company.", TestTime());
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->after.state, InvitationState::kCancelled);
  EXPECT_EQ(cancelled->after.closing_reason, "Wrong company.");
  EXPECT_EQ(cancelled->after.delivery.state, DeliveryState::kNone);
  EXPECT_THAT(cancelled->changed_fields, testing::ElementsAre("state", "closing_reason", "delivery"));
}

TEST(Expiry, IsSeenBeforeTheClockComesToIt) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  const absl::Time end = *open.expire_time;
  EXPECT_EQ(StateAt(open, end - absl::Microseconds(1)), InvitationState::kOpen);
  EXPECT_EQ(StateAt(open, end), InvitationState::kExpired);
  EXPECT_EQ(ReasonOf(Cancel(open, "", end).status()), "INVALID_STATE_TRANSITION");
  EXPECT_EQ(MetadataOf(Decline(open, "", end).status()).at("from"), "EXPIRED");
  EXPECT_EQ(StateAt(TestInvitation(InvitationState::kAccepting), end), InvitationState::kAccepting) << "waits";
}

TEST(Expire, OnlyWhatIsOver) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  EXPECT_FALSE(Expire(open, *open.expire_time - absl::Seconds(1)).ok());
  const auto expired = Expire(open, *open.expire_time);
  ASSERT_TRUE(expired.ok());
  EXPECT_EQ(expired->type, "invitation.expired");
  EXPECT_EQ(expired->after.state, InvitationState::kExpired);
  EXPECT_FALSE(Expire(TestInvitation(InvitationState::kAccepting), *open.expire_time).ok());
  EXPECT_FALSE(Expire(expired->after, *open.expire_time).ok());
}

}  // namespace
}  // namespace clientele::invitation
