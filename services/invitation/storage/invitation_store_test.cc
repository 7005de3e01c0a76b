#include "services/invitation/storage/invitation_store.h"

#include <atomic>
#include <set>
#include <thread>

#include "common/testing/lost_answer.h"
#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InvitationStoreTest : public StoreTest {
 protected:
  // Begins an acceptance, with its saga.
  static InvitationStore::Command AcceptCommand(const std::string& id) {
    InvitationStore::Command command;
    command.reference.invitation = id;
    command.decide = [](const InvitationFacts& facts) -> absl::StatusOr<Revision<Invitation>> {
      Revision<Invitation> next = NextRevision(facts.invitation, "invitation.accepting", TestTime());
      next.after.state = InvitationState::kAccepting;
      next.changed_fields = {"state"};
      return next;
    };
    command.saga = [](const Invitation& after) {
      return pg::SagaStart{"", "invitation.accept", NameOf(after), "state", "replica"};
    };
    return command;
  }
};

TEST_F(InvitationStoreTest, KeepsEveryFieldOfADraft) {
  InvitationDraft draft;
  draft.kind = 1;
  draft.target = TenantTarget("", kTenantId);
  draft.recipient_email = "It@Fabrikam.example";
  draft.locale = "de-DE";
  draft.message = "Grüße\nvon uns";
  draft.lifetime_days = 14;
  const Invitation checked = *CheckDraft(draft, TestCloud());
  CallContext call = Call();
  const auto made = store_.Create(*session_, call, kPartnerId, checked, [&](const DraftingFacts& facts) {
    return MakeDraft(checked, NewId(), kPartnerId, facts, now_);
  });
  ASSERT_TRUE(made.ok()) << made.status();
  const Invitation read = Read(made->id);
  EXPECT_EQ(read.partner, kPartnerId);
  EXPECT_EQ(read.state, InvitationState::kDraft);
  EXPECT_EQ(read.target.kind, TargetKind::kDirectoryTenant);
  EXPECT_EQ(read.target.directory_tenant, (DirectoryTenant{TestCloud().directory_issuer(), kTenantId}));
  EXPECT_EQ(read.recipient_email, "It@fabrikam.example");
  EXPECT_EQ(read.locale, "de-DE");
  EXPECT_EQ(read.message, "Grüße\nvon uns");
  EXPECT_EQ(read.lifetime_days, 14);
  EXPECT_EQ(read.token_generation, 0);
  EXPECT_FALSE(read.expire_time.has_value());
  EXPECT_EQ(read.create_time, now_);
  EXPECT_THAT(Events(made->id), ElementsAre("invitation.created"));
  EXPECT_GT(call.consistency["invitation"].txid, 0u);
  EXPECT_THAT(Column("SELECT operation || ' ' || actor FROM audit_record"),
              ElementsAre("invitation.created user:anna@partners/1"));
}

TEST_F(InvitationStoreTest, ADraftMeetsWhatIsKnownOfPartnerAndTwin) {
  EXPECT_EQ(ReasonOf(Create(Call(), EmailTarget("a@fabrikam.example"), 30, kTenantId).status()), "PARTNER_UNKNOWN");
  const Invitation open = Opened("a@fabrikam.example");
  const absl::Status duplicate = Create(Call(), EmailTarget("A@fabrikam.example")).status();
  EXPECT_EQ(ReasonOf(duplicate), "DUPLICATE_INVITATION");
  EXPECT_EQ(MetadataOf(duplicate).at("invitation"), NameOf(open));
  now_ = *open.expire_time;
  EXPECT_TRUE(Create(Call(), EmailTarget("a@fabrikam.example")).ok()) << "its time has passed";
}

TEST_F(InvitationStoreTest, ARepeatedRequestAnswersTheResourceAsItIs) {
  const CallContext create = Call();
  const auto first = Create(create, EmailTarget("a@fabrikam.example"));
  ASSERT_TRUE(first.ok());
  const CallContext send = Call();
  ASSERT_TRUE(Run(SendCommand(first->id), send).ok());
  const auto again = Create(create, EmailTarget("a@fabrikam.example"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->state, InvitationState::kOpen);
  const auto sent_again = Run(SendCommand(first->id), send);
  ASSERT_TRUE(sent_again.ok()) << sent_again.status();
  EXPECT_EQ(sent_again->token_generation, 1);
  EXPECT_THAT(Mails(first->id), ElementsAre("1 1 1 0"));
  EXPECT_EQ(MailsCounted(), 1);
  EXPECT_EQ(ReasonOf(Run(SendCommand(first->id), Call(send.request_id, "other")).status()), "REQUEST_ID_REUSED");
}

TEST_F(InvitationStoreTest, AReplayIsTriedAgainWhereItsReadWaitedTooLong) {
  const CallContext create = Call();
  const auto first = Create(create, EmailTarget("a@fabrikam.example"));
  ASSERT_TRUE(first.ok());
  // What the load does not read, and the read of the replay's answer does.
  const auto other = Connected();
  const auto watcher = Connected();
  ASSERT_TRUE(other->Execute("BEGIN; LOCK TABLE mail_count IN ACCESS EXCLUSIVE MODE").ok());
  options_.lock_timeout = absl::Milliseconds(50);
  session_ = Connected();
  // Released once a second attempt waits for it.
  std::atomic<bool> answered{false};
  std::thread unlock([&] {
    std::set<std::string> starts;
    while (starts.size() < 2 && !answered) {
      const auto waits = watcher->ReadDynamic(
          "SELECT query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
          {});
      ASSERT_TRUE(waits.ok());
      if (!waits->empty()) starts.emplace(waits->Text(0, 0));
    }
    EXPECT_EQ(starts.size(), 2u);
    EXPECT_TRUE(other->Execute("COMMIT").ok());
  });
  const auto again = Create(create, EmailTarget("a@fabrikam.example"));
  answered = true;
  unlock.join();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, first->id);
}

TEST_F(InvitationStoreTest, SendingOpensQueuesAndCounts) {
  const Invitation open = Opened();
  EXPECT_EQ(open.state, InvitationState::kOpen);
  const Invitation read = Read(open.id);
  EXPECT_EQ(read.state, InvitationState::kOpen);
  EXPECT_EQ(read.delivery.state, DeliveryState::kQueued);
  EXPECT_EQ(read.expire_time, now_ + absl::Hours(24 * 30));
  EXPECT_EQ(read.reminder_time, now_ + absl::Hours(24 * 27));
  EXPECT_EQ(read.revision, 2);
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent"));
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 1 0"));
  ASSERT_TRUE(Run(SendCommand(open.id), Call()).ok()) << "again";
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 1 0", "2 1 1 0"));
  EXPECT_EQ(MailsCounted(), 2);
}

TEST_F(InvitationStoreTest, ValidateOnlyChangesNothing) {
  CallContext call = Call();
  call.validate_only = true;
  EXPECT_TRUE(Create(call, EmailTarget("a@fabrikam.example")).ok());
  EXPECT_THAT(Column("SELECT id FROM invitation"), IsEmpty());
  const Invitation draft = Drafted();
  const auto trial = Run(SendCommand(draft.id), call);
  ASSERT_TRUE(trial.ok());
  EXPECT_EQ(trial->state, InvitationState::kOpen);
  EXPECT_EQ(Read(draft.id).state, InvitationState::kDraft);
  EXPECT_THAT(Mails(draft.id), IsEmpty());
}

TEST_F(InvitationStoreTest, TheEtagGuards) {
  const Invitation draft = Drafted();
  EXPECT_EQ(ReasonOf(Run(CancelCommand(draft.id, "r9"), Call()).status()), "ETAG_MISMATCH");
  EXPECT_EQ(Read(draft.id).state, InvitationState::kDraft);
  EXPECT_TRUE(Run(CancelCommand(draft.id, EtagOf(draft)), Call()).ok());
  EXPECT_EQ(Read(draft.id).closing_reason, "why");
}

TEST_F(InvitationStoreTest, AnotherPartnersInvitationIsNotFound) {
  InvitationStore::Command command = CancelCommand(Drafted().id);
  command.reference.partner = kTenantId;
  EXPECT_EQ(ReasonOf(Run(command, Call()).status()), "INVITATION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Run(CancelCommand(NewId()), Call()).status()), "INVITATION_NOT_FOUND");
}

TEST_F(InvitationStoreTest, ATwinWhoseTimePassedIsExpiredAndDoesNotBlock) {
  const Invitation draft = Drafted();
  const Invitation twin = Opened();
  EXPECT_EQ(ReasonOf(Run(SendCommand(draft.id), Call()).status()), "DUPLICATE_INVITATION");
  now_ = *twin.expire_time;
  const auto sent = Run(SendCommand(draft.id), Call());
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(Read(twin.id).state, InvitationState::kExpired);
  EXPECT_THAT(Events(twin.id), ElementsAre("invitation.created", "invitation.sent", "invitation.expired"));
}

TEST_F(InvitationStoreTest, ASagaBeginsWithItsChange) {
  const Invitation open = Opened();
  const InvitationStore::Command command = AcceptCommand(open.id);
  CallContext call = Call();
  const auto begun = store_.Change(*session_, call, command);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_TRUE(begun->begun.mine);
  EXPECT_EQ(begun->begun.resource, NameOf(open));
  EXPECT_THAT(Column("SELECT id FROM saga"), ElementsAre(begun->begun.saga));
  const auto joined = store_.Change(*session_, call, command);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_FALSE(joined->begun.mine);
  EXPECT_EQ(joined->begun.saga, begun->begun.saga);
  ASSERT_TRUE(session_->Execute("UPDATE saga SET attempt_count = 3, last_error = 'SERVICE_UNAVAILABLE'").ok());
  const Invitation shown = Read(open.id);
  EXPECT_EQ(shown.progress.attempt_count, 3);
  EXPECT_EQ(shown.progress.last_error, "SERVICE_UNAVAILABLE");
  EXPECT_TRUE(shown.progress.next_attempt_time.has_value());
}

TEST_F(InvitationStoreTest, AnAcceptanceWhoseAnswerIsLostIsItsOwn) {
  const Invitation open = Opened();
  const testing::LostAnswer answer;
  CallContext call = Call();
  const auto begun = store_.Change(*session_, call, AcceptCommand(open.id));
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_TRUE(answer.lost());
  EXPECT_TRUE(begun->begun.mine);
  EXPECT_EQ(begun->invitation.state, InvitationState::kAccepting);
  EXPECT_THAT(Column("SELECT id FROM saga"), ElementsAre(begun->begun.saga));
}

TEST_F(InvitationStoreTest, ReadsManyInOrder) {
  const Invitation a = Drafted("a@fabrikam.example");
  const Invitation b = Drafted("b@fabrikam.example");
  const auto found = InvitationStore::Fetch(*session_, {b.id, NewId(), a.id});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0]->id, b.id);
  EXPECT_FALSE((*found)[1].has_value());
  EXPECT_EQ((*found)[2]->id, a.id);
}

TEST_F(InvitationStoreTest, PartnerFactsOnlyMoveForward) {
  PartnerFact fact = TestPartner();
  fact.revision = 3;
  fact.display_name = "New name";
  ASSERT_TRUE(UpsertPartnerFact(*session_, fact).ok());
  fact.revision = 2;
  fact.display_name = "Late";
  ASSERT_TRUE(UpsertPartnerFact(*session_, fact).ok());
  const auto facts = store_.Find(*session_, Drafted().id, now_);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->partner->display_name, "New name");
  EXPECT_EQ(facts->partner->kinds, TestPartner().kinds);
  EXPECT_TRUE(facts->partner->agreement_signed);
}

}  // namespace
}  // namespace clientele::invitation
