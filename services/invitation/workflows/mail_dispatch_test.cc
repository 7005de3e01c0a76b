#include "services/invitation/workflows/mail_dispatch.h"

#include "absl/strings/str_replace.h"
#include "common/testing/fake_clock.h"
#include "services/invitation/storage/store_fixture_test.h"
#include "services/invitation/workflows/smtp_server_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Behaviour = SmtpServer::Behaviour;

class MailDispatchTest : public StoreTest {
 protected:
  MailDispatchTest() : executor_({options_}), templates_(*MailTemplates::Load("deploy/mail")) {}
  ~MailDispatchTest() override { executor_.Stop(); }

  std::unique_ptr<MailDispatch> Dispatch(const SmtpServer& server) {
    MailDispatchOptions options;
    options.sender = "invitations@clientele.example";
    options.smtp.url = server.url();
    options.smtp.require_tls = false;
    options.poll = absl::Hours(1);  // only a kick
    return std::make_unique<MailDispatch>(options, clock_, executor_, mails_, templates_, tokens_);
  }

  void Advance(absl::Duration by) {
    clock_.Advance(by);
    now_ = clock_.Now();
  }

  pg::Executor executor_;
  testing::FakeClock clock_;
  const MailTemplates templates_;
  const InvitationTokens tokens_ = TestTokens();
};

TEST_F(MailDispatchTest, ASentInvitationsLinkArrives) {
  SmtpServer server;
  const Invitation open = Opened();
  const auto dispatch = Dispatch(server);
  EXPECT_TRUE(dispatch->DispatchOne().value());
  EXPECT_FALSE(dispatch->DispatchOne().value());
  ASSERT_EQ(server.mails().size(), 1u);
  // Soft line breaks and =3D are quoted-printable's.
  const std::string data = absl::StrReplaceAll(server.mails()[0].data, {{"=\r\n", ""}, {"=3D", "="}});
  EXPECT_THAT(data, HasSubstr(tokens_.AcceptUri(open.id, 1)));
  EXPECT_THAT(data, HasSubstr("From: \"Contoso Reselling\" <invitations@clientele.example>"));
  EXPECT_THAT(data, HasSubstr("January 31, 2026"));
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kSent);
}

TEST_F(MailDispatchTest, WhatWasClosedOrReplacedIsNotSent) {
  SmtpServer server;
  const Invitation cancelled = Opened("a@fabrikam.example");
  const Invitation expired = Opened("b@fabrikam.example", 1);
  const Invitation resent = Opened("c@fabrikam.example");
  ASSERT_TRUE(Run(CancelCommand(cancelled.id), Call()).ok());
  Advance(absl::Hours(24));
  ASSERT_TRUE(Run(SendCommand(resent.id), Call()).ok());
  const auto dispatch = Dispatch(server);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(dispatch->DispatchOne().value()) << i;
  EXPECT_FALSE(dispatch->DispatchOne().value());
  ASSERT_EQ(server.mails().size(), 1u);
  const std::string data = absl::StrReplaceAll(server.mails()[0].data, {{"=\r\n", ""}, {"=3D", "="}});
  EXPECT_THAT(data, HasSubstr(tokens_.AcceptUri(resent.id, 2)));
  EXPECT_THAT(Mails(cancelled.id), ElementsAre("1 1 4 0"));
  EXPECT_THAT(Mails(expired.id), ElementsAre("1 1 4 0"));
  EXPECT_THAT(Mails(resent.id), ElementsAre("1 1 4 0", "2 1 2 1"));
}

TEST_F(MailDispatchTest, ADeferredMailIsTriedAgainUnderTheSameId) {
  SmtpServer server({Behaviour::kDeferRecipient, Behaviour::kCutAfterData});
  const Invitation open = Opened();
  const auto dispatch = Dispatch(server);
  EXPECT_TRUE(dispatch->DispatchOne().value());
  EXPECT_EQ(Read(open.id).delivery.last_error, "450 4.2.1 mailbox busy");
  EXPECT_FALSE(dispatch->DispatchOne().value()) << "not yet";
  Advance(absl::Hours(1));
  EXPECT_TRUE(dispatch->DispatchOne().value());
  Advance(absl::Hours(1));
  EXPECT_TRUE(dispatch->DispatchOne().value());
  const Invitation sent = Read(open.id);
  EXPECT_EQ(sent.delivery.state, DeliveryState::kSent);
  EXPECT_EQ(sent.delivery.attempt_count, 3);
  ASSERT_EQ(server.mails().size(), 1u);
  EXPECT_THAT(server.mails()[0].data,
              HasSubstr(absl::StrCat("Message-ID: <", open.id, ".1.invitation@clientele.example>")));
  EXPECT_THAT(Events(open.id), ElementsAre("invitation.created", "invitation.sent", "invitation.sent"));
}

TEST_F(MailDispatchTest, ARefusedOneBouncesAndCanBeSentAgain) {
  SmtpServer server({Behaviour::kRefuseRecipient});
  const Invitation open = Opened();
  const auto dispatch = Dispatch(server);
  EXPECT_TRUE(dispatch->DispatchOne().value());
  const Invitation failed = Read(open.id);
  EXPECT_EQ(failed.delivery.state, DeliveryState::kFailed);
  EXPECT_EQ(failed.delivery.last_error, "550 5.1.1 <address> no such user");
  ASSERT_TRUE(Run(SendCommand(open.id), Call()).ok());
  EXPECT_TRUE(dispatch->DispatchOne().value());
  EXPECT_EQ(Read(open.id).delivery.state, DeliveryState::kSent);
}

TEST_F(MailDispatchTest, AKickEndsTheWait) {
  SmtpServer server;
  const auto dispatch = Dispatch(server);
  dispatch->Start();
  for (size_t i = 1; i <= 3; ++i) {
    Opened(absl::StrCat("a", i, "@fabrikam.example"));
    dispatch->Kick();
    server.AwaitMails(i);
  }
  dispatch->Stop();
  EXPECT_EQ(server.mails().size(), 3u);
}

TEST_F(MailDispatchTest, StoppingLeavesTheMailInTheQueue) {
  SmtpServer server({Behaviour::kHang});
  const Invitation open = Opened();
  const auto dispatch = Dispatch(server);
  dispatch->Start();
  server.AwaitSeen("RCPT", 1);
  dispatch->Stop();
  EXPECT_THAT(Mails(open.id), ElementsAre("1 1 1 0"));
  SmtpServer next;
  EXPECT_TRUE(Dispatch(next)->DispatchOne().value()) << "at once: no lease is left behind";
  EXPECT_EQ(next.mails().size(), 1u);
}

}  // namespace
}  // namespace clientele::invitation
