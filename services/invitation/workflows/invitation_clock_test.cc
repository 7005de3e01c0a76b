#include "services/invitation/workflows/invitation_clock.h"

#include <thread>

#include "common/testing/fake_clock.h"
#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;

class InvitationClockTest : public StoreTest {
 protected:
  InvitationClockTest()
      : executor_({options_}), invitations_({}, clock_, executor_, batch_, mails_, [this] { ++kicks_; }) {}
  ~InvitationClockTest() override {
    invitations_.Stop();
    executor_.Stop();
  }

  void Advance(absl::Duration by) {
    clock_.Advance(by);
    now_ = clock_.Now();
  }

  void Deliver() {
    const auto leased = mails_.Lease(*session_, now_, absl::Minutes(1));
    ASSERT_TRUE(leased.ok() && leased->has_value());
    CallContext call = Call();
    const MailFate fate = FateAfter((*leased)->mail, {MailAttempt::Result::kTaken, ""}, now_, 0);
    ASSERT_TRUE(mails_.Settle(*session_, call, (*leased)->mail, fate).ok());
  }

  pg::Executor executor_;
  testing::FakeClock clock_;
  int kicks_ = 0;
  InvitationClock invitations_;
};

TEST_F(InvitationClockTest, ALifeFromSendingToExpiry) {
  const Invitation open = Opened("a@fabrikam.example", 10);
  Deliver();
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_EQ(kicks_, 0);
  Advance(absl::Hours(24 * 7));
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_EQ(kicks_, 1) << "the reminder is queued";
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_EQ(kicks_, 1) << "once";
  Deliver();
  Advance(absl::Hours(24 * 3));
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_EQ(Read(open.id).state, InvitationState::kExpired);
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent", "invitation.sent",
                                           "invitation.reminded", "invitation.expired"));
}

TEST_F(InvitationClockTest, ResendingBeginsTheReminderAnew) {
  const Invitation open = Opened("a@fabrikam.example", 10);
  Deliver();
  Advance(absl::Hours(24 * 7));
  ASSERT_TRUE(invitations_.Turn().ok());
  ASSERT_TRUE(Run(SendCommand(open.id), Call()).ok());
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 2 1", "1 2 1 0", "2 1 1 0"));
  Advance(absl::Hours(24 * 3));
  ASSERT_TRUE(invitations_.Turn().ok());
  EXPECT_EQ(Read(open.id).state, InvitationState::kOpen) << "a new lifetime";
}

TEST_F(InvitationClockTest, PurgesMailsAfterThirtyDays) {
  const Invitation open = Opened("a@fabrikam.example", 90);
  Deliver();
  Advance(absl::Hours(24 * 30));
  ASSERT_TRUE(invitations_.Purge().ok());
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 2 1"));
  Advance(absl::Hours(24));
  ASSERT_TRUE(invitations_.Purge().ok());
  EXPECT_THAT(Mails(open.id), ElementsAre());
}

TEST_F(InvitationClockTest, RunsOnItsOwn) {
  const Invitation open = Opened("a@fabrikam.example", 1);
  InvitationClock running({absl::Milliseconds(5), absl::Hours(1)}, clock_, executor_, batch_, mails_, [] {});
  running.Start();
  Advance(absl::Hours(24));
  while (Read(open.id).state != InvitationState::kExpired) std::this_thread::yield();
  running.Stop();
}

}  // namespace
}  // namespace clientele::invitation
