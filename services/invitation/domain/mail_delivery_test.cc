#include "services/invitation/domain/mail_delivery.h"

#include <gtest/gtest.h>

#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

QueuedMail Mail(int64_t generation = 1, MailKind kind = MailKind::kInvitation) {
  QueuedMail mail;
  mail.invitation = kInvitationId;
  mail.generation = generation;
  mail.kind = kind;
  mail.create_time = TestTime();
  return mail;
}

const MailAttempt kTaken{MailAttempt::Result::kTaken, ""};
const MailAttempt kDeferred{MailAttempt::Result::kTryAgain, "451 try later"};
const MailAttempt kRefused{MailAttempt::Result::kRefused, "550 no such user"};

TEST(TurnOf, OnlyTheNewestLinkOfAnOpenInvitationLeaves) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  EXPECT_EQ(TurnOf(Mail(1), open, TestTime()), MailTurn::kSend);
  EXPECT_EQ(TurnOf(Mail(1), open, *open.expire_time), MailTurn::kDrop);
  Invitation resent = open;
  resent.token_generation = 2;
  EXPECT_EQ(TurnOf(Mail(1), resent, TestTime()), MailTurn::kDrop);
  EXPECT_EQ(TurnOf(Mail(1), TestInvitation(InvitationState::kAccepting), TestTime()), MailTurn::kWait);
  for (const InvitationState closed : {InvitationState::kAccepted, InvitationState::kDeclined,
                                       InvitationState::kCancelled, InvitationState::kExpired}) {
    EXPECT_EQ(TurnOf(Mail(1), TestInvitation(closed), TestTime()), MailTurn::kDrop);
  }
}

TEST(FateAfter, WhatMayPassIsTriedForTwoDaysWithGrowingDelays) {
  QueuedMail mail = Mail();
  absl::Time now = TestTime();
  absl::Duration last;
  MailFate fate;
  for (mail.attempt_count = 0;; ++mail.attempt_count) {
    ASSERT_LT(mail.attempt_count, 200);
    fate = FateAfter(mail, kDeferred, now, 0.5);
    EXPECT_EQ(fate.attempt_count, mail.attempt_count + 1);
    if (fate.state != MailState::kQueued) break;
    EXPECT_GE(fate.next_attempt - now, last);
    last = fate.next_attempt - now;
    EXPECT_LE(last, absl::Hours(1));
    now = fate.next_attempt;
  }
  EXPECT_EQ(fate.state, MailState::kFailed);
  EXPECT_EQ(fate.last_error, "451 try later");
  EXPECT_GE(now, TestTime() + absl::Hours(46));
  EXPECT_LT(now, TestTime() + absl::Hours(48));
}

TEST(FateAfter, ARefusalIsFinal) {
  EXPECT_EQ(FateAfter(Mail(), kRefused, TestTime(), 0).state, MailState::kFailed);
  const MailFate sent = FateAfter(Mail(), kTaken, TestTime(), 0);
  EXPECT_EQ(sent.state, MailState::kSent);
  EXPECT_EQ(sent.last_error, "");
}

TEST(Deliver, TellsTheInvitationAndBreaksNoEtag) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  const absl::Time now = TestTime() + absl::Hours(1);
  const auto sent = Deliver(open, Mail(), FateAfter(Mail(), kTaken, now, 0), now);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->type, "invitation.sent");
  EXPECT_EQ(sent->after.delivery.state, DeliveryState::kSent);
  EXPECT_EQ(sent->after.delivery.send_time, now);
  EXPECT_EQ(sent->after.revision, open.revision + 1);
  EXPECT_EQ(EtagOf(sent->after), EtagOf(open));
  const auto bounced = Deliver(open, Mail(), FateAfter(Mail(), kRefused, now, 0), now);
  EXPECT_EQ(bounced->type, "invitation.bounced");
  EXPECT_EQ(bounced->after.delivery.state, DeliveryState::kFailed);
  EXPECT_EQ(bounced->after.delivery.last_error, "550 no such user");
  const QueuedMail reminder = Mail(1, MailKind::kReminder);
  EXPECT_EQ(Deliver(open, reminder, FateAfter(reminder, kTaken, now, 0), now)->type, "invitation.reminded");
}

TEST(Deliver, SaysNothingOfWhatDoesNotMatter) {
  const Invitation open = TestInvitation(InvitationState::kOpen);
  const QueuedMail reminder = Mail(1, MailKind::kReminder);
  EXPECT_FALSE(Deliver(open, Mail(), FateAfter(Mail(), kDeferred, TestTime(), 0), TestTime()).has_value());
  EXPECT_FALSE(Deliver(open, reminder, FateAfter(reminder, kRefused, TestTime(), 0), TestTime()).has_value());
  EXPECT_FALSE(Deliver(open, Mail(0), FateAfter(Mail(0), kTaken, TestTime(), 0), TestTime()).has_value());
}

}  // namespace
}  // namespace clientele::invitation
