#include "services/invitation/storage/invitation_batch.h"

#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;

class InvitationBatchTest : public StoreTest {
 protected:
  absl::StatusOr<int> CancelFor(const std::vector<std::string>& domains, const std::vector<std::string>& tenants,
                                CallContext call) {
    return batch_.CancelMatching(*session_, call, {kPartnerId, domains, tenants});
  }

  Invitation OpenedFor(const InvitationTarget& target) {
    const auto draft = Create(Call(), target);
    EXPECT_TRUE(draft.ok()) << draft.status();
    const auto sent = Run(SendCommand(draft->id), Call());
    EXPECT_TRUE(sent.ok()) << sent.status();
    return *sent;
  }
};

TEST_F(InvitationBatchTest, ExpiresWhatIsOverAndNothingElse) {
  const Invitation short_lived = Opened("a@fabrikam.example", 1);
  const Invitation long_lived = Opened("b@fabrikam.example", 2);
  const Invitation draft = Drafted("c@fabrikam.example", 1);
  now_ = *short_lived.expire_time;
  CallContext clock = ClockContext(now_);
  EXPECT_EQ(batch_.ExpireDue(*session_, clock).value(), 1);
  EXPECT_EQ(batch_.ExpireDue(*session_, clock).value(), 0);
  const Invitation expired = Read(short_lived.id);
  EXPECT_EQ(expired.state, InvitationState::kExpired);
  EXPECT_EQ(expired.delivery.state, DeliveryState::kNone) << "its mail never left";
  EXPECT_EQ(expired.revision, short_lived.revision + 1);
  EXPECT_EQ(EtagOf(expired), absl::StrCat("r", expired.revision));
  EXPECT_THAT(Events(short_lived.id), ElementsAre("invitation.created", "invitation.sent", "invitation.expired"));
  EXPECT_EQ(Read(long_lived.id).state, InvitationState::kOpen);
  EXPECT_EQ(Read(draft.id).state, InvitationState::kDraft);
  EXPECT_THAT(Column("SELECT actor FROM audit_record WHERE operation = 'invitation.expired'"),
              ElementsAre("service:invitation-service"));
}

TEST_F(InvitationBatchTest, ExpiresInBatches) {
  for (int i = 0; i < InvitationBatch::kMaxRows + 3; ++i) Opened(absl::StrCat("a", i, "@fabrikam.example"), 1);
  now_ += absl::Hours(24);
  CallContext clock = ClockContext(now_);
  EXPECT_EQ(batch_.ExpireDue(*session_, clock).value(), InvitationBatch::kMaxRows);
  EXPECT_EQ(batch_.ExpireDue(*session_, clock).value(), 3);
  EXPECT_EQ(batch_.ExpireDue(*session_, clock).value(), 0);
}

TEST_F(InvitationBatchTest, OneThatChangedMeanwhileIsLeftAsItIs) {
  const Invitation open = Opened("a@fabrikam.example", 1);
  const Invitation other = Opened("b@fabrikam.example", 1);
  ASSERT_TRUE(Run(CancelCommand(open.id), Call()).ok());
  now_ = *open.expire_time;
  CallContext clock = ClockContext(now_);
  // As they were loaded before the cancellation.
  ASSERT_TRUE(WriteExpired(*session_, clock, {open, other}, EncodeForTest).ok());
  EXPECT_EQ(Read(open.id).state, InvitationState::kCancelled);
  EXPECT_EQ(Read(other.id).state, InvitationState::kExpired);
}

TEST_F(InvitationBatchTest, CancelsWhatTheCustomerCouldAccept) {
  const Invitation email = OpenedFor(EmailTarget("anna@fabrikam.example"));
  const Invitation domain = OpenedFor(DomainTarget("fabrikam.example"));
  const Invitation tenant = OpenedFor(TenantTarget(kIssuer, kTenantId));
  const Invitation other = OpenedFor(DomainTarget("other.example"));
  const Invitation draft = Drafted("bob@fabrikam.example");
  const CallContext call = Call();
  const std::vector<std::string> tenants = {TargetKey(TenantTarget(kIssuer, kTenantId))};
  EXPECT_EQ(CancelFor({"fabrikam.example"}, tenants, call).value(), 3);
  for (const Invitation& gone : {email, domain, tenant}) {
    EXPECT_EQ(Read(gone.id).state, InvitationState::kCancelled);
    EXPECT_THAT(Events(gone.id), ElementsAre("invitation.created", "invitation.sent", "invitation.cancelled"));
  }
  EXPECT_EQ(Read(other.id).state, InvitationState::kOpen);
  EXPECT_EQ(Read(draft.id).state, InvitationState::kDraft);
  OpenedFor(DomainTarget("fabrikam.example"));
  EXPECT_EQ(CancelFor({"fabrikam.example"}, tenants, call).value(), 3)
      << "a repeat answers the same, and cancels nothing";
  EXPECT_EQ(CancelFor({"fabrikam.example"}, tenants, Call()).value(), 1);
  EXPECT_EQ(CancelFor({"fabrikam.example"}, tenants, Call()).value(), 0);
}

TEST_F(InvitationBatchTest, CancelsNothingWhileOneIsBeingAccepted) {
  const Invitation open = OpenedFor(DomainTarget("fabrikam.example"));
  const Invitation accepting = OpenedFor(EmailTarget("anna@fabrikam.example"));
  const std::string begin = absl::StrCat("UPDATE invitation SET state = 3 WHERE id = '", accepting.id, "'");
  ASSERT_TRUE(session_->Execute(begin).ok());
  // Its acceptance goes on past its time.
  now_ = *accepting.expire_time;
  const CallContext call = Call();
  const auto refused = CancelFor({"fabrikam.example"}, {}, call);
  EXPECT_EQ(ReasonOf(refused.status()), "INVITATION_BEING_ACCEPTED");
  EXPECT_EQ(Events(open.id).back(), "invitation.sent");
  const std::string reopen = "UPDATE invitation SET state = 2, expire_time = expire_time + interval '1 day'";
  ASSERT_TRUE(session_->Execute(reopen).ok());
  EXPECT_EQ(CancelFor({"fabrikam.example"}, {}, call).value(), 2) << "the same request";
  EXPECT_EQ(Read(open.id).state, InvitationState::kCancelled);
  EXPECT_EQ(Read(accepting.id).state, InvitationState::kCancelled);
}

TEST_F(InvitationBatchTest, NothingIsAskedNothingIsCancelled) {
  const Invitation tenant = OpenedFor(TenantTarget(kIssuer, kTenantId));
  EXPECT_EQ(CancelFor({}, {}, Call()).value(), 0);
  EXPECT_EQ(Read(tenant.id).state, InvitationState::kOpen);
}

}  // namespace
}  // namespace clientele::invitation
