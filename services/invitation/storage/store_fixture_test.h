#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/pg/command.h"
#include "common/pg/session.h"
#include "common/testing/database.h"
#include "services/invitation/domain/invitation_fixture_test.h"
#include "services/invitation/domain/sending.h"
#include "services/invitation/storage/invitation_batch.h"
#include "services/invitation/storage/invitation_store.h"
#include "services/invitation/storage/mail_queue.h"
#include "services/invitation/storage/partner_fact_store.h"

namespace clientele::migrations {
extern const std::vector<pg::Migration> kInvitation;
}  // namespace clientele::migrations

namespace clientele::invitation {

inline std::string EncodeForTest(const Invitation& invitation) {
  return absl::StrCat("revision ", invitation.revision);
}

// The stores over a database of the test's own, with one partner in it.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest()
      : options_(testing::Cluster::Shared().NewDatabase("invitation", migrations::kInvitation)),
        store_(EncodeForTest),
        batch_(EncodeForTest),
        mails_("replica", EncodeForTest) {
    pg::SetServiceName("invitation");
    session_ = Connected();
    EXPECT_TRUE(UpsertPartnerFact(*session_, TestPartner()).ok());
  }

  // Another connection, for another thread.
  std::unique_ptr<pg::Connection> Connected() const {
    auto session = std::make_unique<pg::Connection>(options_);
    EXPECT_TRUE(session->Connect().ok());
    return session;
  }

  static std::string NewId() { return Uuid::NewV4().ToString(); }

  // A call with a key of its own. The body that the key stands for is `body`.
  CallContext Call(const std::string& request_id = NewId(), const std::string& body = "body") const {
    CallContext call;
    call.principal = "user:anna@partners/1";
    call.method = "test/Method";
    call.request_id = request_id;
    call.request_hash = body + std::string(32 - body.size(), '.');
    call.now = now_;
    call.deadline = absl::InfiniteFuture();
    return call;
  }

  absl::StatusOr<Invitation> Create(CallContext call, const InvitationTarget& target, int lifetime_days = 30,
                                    const std::string& partner = kPartnerId) {
    InvitationDraft draft;
    draft.kind = 1;
    draft.target = target;
    draft.lifetime_days = lifetime_days;
    const absl::StatusOr<Invitation> checked = CheckDraft(draft, TestCloud());
    if (!checked.ok()) return checked.status();
    return store_.Create(*session_, call, partner, *checked, [&](const DraftingFacts& facts) {
      return MakeDraft(*checked, Uuid::NewV7(now_).ToString(), partner, facts, call.now);
    });
  }

  Invitation Drafted(const std::string& email = "anna@fabrikam.example", int lifetime_days = 30) {
    auto created = Create(Call(), EmailTarget(email), lifetime_days);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.value_or(Invitation());
  }

  InvitationStore::Command SendCommand(const std::string& id, int quota = 500) const {
    InvitationStore::Command command;
    command.reference = {kPartnerId, id};
    command.quota = quota;
    command.decide = [this, quota](const InvitationFacts& facts) {
      market::InvitationPolicy policy = TestCloud().invitation();
      policy.daily_mails_to_strangers_per_partner = quota;
      const SendingFacts known{facts.partner, facts.open_twin, facts.mails_today};
      return facts.invitation.state == InvitationState::kOpen ? Resend(facts.invitation, 0, known, policy, now_)
                                                              : Send(facts.invitation, known, policy, now_);
    };
    return command;
  }

  InvitationStore::Command CancelCommand(const std::string& id, const std::string& etag = "") const {
    InvitationStore::Command command;
    command.reference = {kPartnerId, id};
    command.etag = etag;
    command.decide = [this](const InvitationFacts& facts) { return Cancel(facts.invitation, "why", now_); };
    return command;
  }

  absl::StatusOr<Invitation> Run(const InvitationStore::Command& command, CallContext call) {
    const auto changed = store_.Change(*session_, call, command);
    if (!changed.ok()) return changed.status();
    return changed->invitation;
  }

  Invitation Opened(const std::string& email = "anna@fabrikam.example", int lifetime_days = 30) {
    const auto sent = Run(SendCommand(Drafted(email, lifetime_days).id), Call());
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.value_or(Invitation());
  }

  Invitation Read(const std::string& id) {
    const auto facts = store_.Find(*session_, id, now_);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? facts->invitation : Invitation();
  }

  // One column of a query, as text.
  std::vector<std::string> Column(const std::string& sql) {
    const auto rows = session_->ReadDynamic(sql, {});
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> values;
    for (int i = 0; rows.ok() && i < rows->size(); ++i) values.emplace_back(rows->Text(i, 0));
    return values;
  }

  // Types of the events of an invitation, oldest first.
  std::vector<std::string> Events(const std::string& id) {
    return Column(absl::StrCat("SELECT type FROM outbox WHERE subject = '", InvitationName(kPartnerId, id),
                               "' ORDER BY xid, seq"));
  }

  // "generation kind state attempts" of an invitation's mails.
  std::vector<std::string> Mails(const std::string& id) {
    return Column(
        absl::StrCat("SELECT concat_ws(' ', generation, kind, state, attempt_count) FROM invitation_mail "
                     "WHERE invitation = '",
                     id, "' ORDER BY generation, kind"));
  }

  // Sagas that are done and keep nothing of what they knew.
  int EmptySagas() { return std::stoi(Column("SELECT count(*) FROM saga WHERE done AND state IS NULL").front()); }
  int AllSagas() { return std::stoi(Column("SELECT count(*) FROM saga").front()); }

  int MailsCounted() {
    const auto counted = Column("SELECT coalesce(sum(mails), 0) FROM mail_count");
    return std::stoi(counted.front());
  }

  absl::Time now_ = TestTime();
  pg::SessionOptions options_;
  std::unique_ptr<pg::Connection> session_;
  InvitationStore store_;
  InvitationBatch batch_;
  MailQueue mails_;
};

}  // namespace clientele::invitation
