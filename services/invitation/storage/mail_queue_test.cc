#include "services/invitation/storage/mail_queue.h"

#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kLease = absl::Minutes(2);
const MailAttempt kTaken{MailAttempt::Result::kTaken, ""};
const MailAttempt kDeferred{MailAttempt::Result::kTryAgain, "451 later"};
const MailAttempt kRefused{MailAttempt::Result::kRefused, "550 no"};

class MailQueueTest : public StoreTest {
 protected:
  std::optional<LeasedMail> Lease(const MailQueue& queue) {
    auto leased = queue.Lease(*session_, now_, kLease);
    EXPECT_TRUE(leased.ok()) << leased.status();
    return leased.ok() ? *std::move(leased) : std::nullopt;
  }

  void Settle(const QueuedMail& mail, const MailAttempt& attempt) {
    CallContext call = Call();
    const absl::Status settled = mails_.Settle(*session_, call, mail, FateAfter(mail, attempt, now_, 0.5));
    EXPECT_TRUE(settled.ok()) << settled;
  }
};

TEST_F(MailQueueTest, OneReplicaHoldsAMail) {
  const Invitation open = Opened();
  const auto leased = Lease(mails_);
  ASSERT_TRUE(leased.has_value());
  EXPECT_EQ(leased->mail.invitation, open.id);
  EXPECT_EQ(leased->mail.generation, 1);
  EXPECT_EQ(leased->mail.kind, MailKind::kInvitation);
  EXPECT_EQ(leased->mail.create_time, now_);
  EXPECT_EQ(leased->invitation.target.email, open.target.email);
  EXPECT_EQ(leased->partner->display_name, TestPartner().display_name);
  EXPECT_FALSE(Lease(MailQueue("other", EncodeForTest)).has_value());
  ASSERT_TRUE(session_->Execute("UPDATE invitation_mail SET lease_until = clock_timestamp()").ok());
  EXPECT_TRUE(Lease(MailQueue("other", EncodeForTest)).has_value()) << "its lease ran out";
  Settle(leased->mail, kTaken);
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kQueued) << "who lost the lease decides nothing";
}

TEST_F(MailQueueTest, ATakenMailIsToldOnTheInvitation) {
  const Invitation open = Opened();
  Settle(Lease(mails_)->mail, kTaken);
  const Invitation sent = Read(open.id);
  EXPECT_EQ(sent.delivery.state, DeliveryState::kSent);
  EXPECT_EQ(sent.delivery.attempt_count, 1);
  EXPECT_EQ(sent.delivery.send_time, now_);
  EXPECT_EQ(sent.revision, open.revision + 1);
  EXPECT_EQ(EtagOf(sent), EtagOf(open));
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 2 1"));
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent", "invitation.sent"));
  EXPECT_FALSE(Lease(mails_).has_value());
  EXPECT_TRUE(Run(CancelCommand(open.id, EtagOf(open)), Call()).ok()) << "the etag from before the mail still holds";
}

TEST_F(MailQueueTest, AMailThatMayPassComesAgain) {
  const Invitation open = Opened();
  Settle(Lease(mails_)->mail, kDeferred);
  const Invitation waiting = Read(open.id);
  EXPECT_EQ(waiting.delivery.state, DeliveryState::kQueued);
  EXPECT_EQ(waiting.delivery.attempt_count, 1);
  EXPECT_EQ(waiting.delivery.last_error, "451 later");
  EXPECT_EQ(waiting.revision, open.revision) << "no event, no revision";
  EXPECT_FALSE(Lease(mails_).has_value());
  now_ += absl::Minutes(1);
  const auto again = Lease(mails_);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->mail.attempt_count, 1);
  Settle(again->mail, kTaken);
  EXPECT_EQ(Read(open.id).delivery.attempt_count, 2);
  EXPECT_EQ(Read(open.id).delivery.last_error, "");
}

TEST_F(MailQueueTest, ARefusedMailBounces) {
  const Invitation open = Opened();
  Settle(Lease(mails_)->mail, kRefused);
  const Invitation failed = Read(open.id);
  EXPECT_EQ(failed.state, InvitationState::kOpen);
  EXPECT_EQ(failed.delivery.state, DeliveryState::kFailed);
  EXPECT_EQ(failed.delivery.last_error, "550 no");
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent", "invitation.bounced"));
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 3 1"));
}

TEST_F(MailQueueTest, WhatWasTakenAfterACancellationIsStillTold) {
  const Invitation open = Opened();
  const auto leased = Lease(mails_);
  ASSERT_TRUE(Run(CancelCommand(open.id), Call()).ok());
  Settle(leased->mail, kTaken);
  EXPECT_EQ(Read(open.id).state, InvitationState::kCancelled);
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kSent);
}

TEST_F(MailQueueTest, AnOlderLinksMailTellsNothing) {
  const Invitation open = Opened();
  const auto leased = Lease(mails_);
  ASSERT_TRUE(Run(SendCommand(open.id), Call()).ok());
  Settle(leased->mail, kRefused);
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kQueued) << "the newer mail's";
  EXPECT_EQ(Read(open.id).delivery.attempt_count, 0);
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 3 1", "2 1 1 0"));
}

TEST_F(MailQueueTest, PostponedAndDropped) {
  const Invitation open = Opened();
  const auto leased = Lease(mails_);
  ASSERT_TRUE(mails_.Postpone(*session_, leased->mail, now_ + absl::Minutes(1)).ok());
  EXPECT_FALSE(Lease(mails_).has_value());
  now_ += absl::Minutes(1);
  const auto again = Lease(mails_);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->mail.attempt_count, 0);
  ASSERT_TRUE(mails_.Drop(*session_, again->mail, now_).ok());
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 4 0"));
}

TEST_F(MailQueueTest, RemindersFollowASentMailOnce) {
  const Invitation open = Opened();
  const Invitation unsent = Opened("b@fabrikam.example");
  Settle(Lease(mails_)->mail, kTaken);
  EXPECT_EQ(mails_.QueueReminders(*session_, *open.reminder_time - absl::Seconds(1), 10).value(), 0);
  now_ = *open.reminder_time;
  EXPECT_EQ(mails_.QueueReminders(*session_, now_, 10).value(), 1) << "while its mail is queued, a reminder waits";
  EXPECT_EQ(mails_.QueueReminders(*session_, now_, 10).value(), 0);
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 2 1", "1 2 1 0"));
  EXPECT_THAT(Mails(unsent.id), ElementsAre("1 1 1 0")) << "nobody is reminded of what never came";
  EXPECT_EQ(Read(open.id).revision, open.revision + 1) << "a reminder that waits is no change of the invitation";
  Lease(mails_);  // the unsent one
  const auto reminder = Lease(mails_);
  ASSERT_TRUE(reminder.has_value());
  EXPECT_EQ(reminder->mail.kind, MailKind::kReminder);
  Settle(reminder->mail, kTaken);
  EXPECT_EQ(Events(open.id).back(), "invitation.reminded");
  EXPECT_EQ(Read(open.id).delivery.send_time, now_);
}

TEST_F(MailQueueTest, PurgesWhatWasClosedLongAgo) {
  const Invitation open = Opened();
  Opened("b@fabrikam.example");
  Settle(Lease(mails_)->mail, kTaken);
  EXPECT_EQ(mails_.Purge(*session_, now_, 10).value(), 0);
  EXPECT_EQ(mails_.Purge(*session_, now_ + absl::Hours(24), 10).value(), 2) << "one mail, one day's count";
  EXPECT_THAT(Mails(open.id), IsEmpty());
  EXPECT_THAT(Column("SELECT state FROM invitation_mail"), ElementsAre("1")) << "what waits stays";
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kSent);
}

}  // namespace
}  // namespace clientele::invitation
