#include "services/invitation/workflows/smtp_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/invitation/domain/invitation_fixture_test.h"
#include "services/invitation/workflows/smtp_server_test.h"

namespace clientele::invitation {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Behaviour = SmtpServer::Behaviour;
using Result = MailAttempt::Result;

MailMessage Message() {
  MailMessage message;
  message.sender = "invitations@clientele.example";
  message.sender_name = "Müller & Söhne";
  message.recipient = "anna@fabrikam.example";
  message.message_id = "<1.1.invitation@clientele.example>";
  message.date = TestTime();
  message.content = {"Приглашение", "Grüße,\n.dot first\nhttps://portal.example/accept?token=abc\n", "<p>Grüße</p>\n"};
  return message;
}

class SmtpSenderTest : public ::testing::Test {
 protected:
  SmtpSender Sender(const SmtpServer& server, bool require_tls = false) {
    SmtpOptions options;
    options.url = server.url();
    options.require_tls = require_tls;
    options.ca_file = server.ca_file();
    options.timeout = absl::Seconds(20);
    return SmtpSender(options, [this] { return stopping_.load(); });
  }

  MailAttempt SendTo(SmtpServer& server, bool require_tls = false) {
    return Sender(server, require_tls).Send(Message());
  }

  std::atomic<bool> stopping_{false};
};

TEST_F(SmtpSenderTest, HandsOverAWholeMail) {
  SmtpServer server;
  const MailAttempt attempt = SendTo(server);
  ASSERT_EQ(attempt.result, Result::kTaken) << attempt.error;
  ASSERT_EQ(server.mails().size(), 1u);
  const SmtpServer::Mail mail = server.mails()[0];
  EXPECT_THAT(mail.from, HasSubstr("<invitations@clientele.example>"));
  EXPECT_THAT(mail.to, HasSubstr("<anna@fabrikam.example>"));
  const std::string head = mail.data.substr(0, mail.data.find("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("From: =?UTF-8?B?TcO8bGxlciAmIFPDtmhuZQ==?= <invitations@clientele.example>\r\n"));
  EXPECT_THAT(head, HasSubstr("To: <anna@fabrikam.example>\r\n"));
  EXPECT_THAT(head, HasSubstr("Subject: =?UTF-8?B?0J/RgNC40LPQu9Cw0YjQtdC90LjQtQ==?=\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"));
  EXPECT_THAT(head, HasSubstr("Message-ID: <1.1.invitation@clientele.example>\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nAuto-Submitted: auto-generated"));
  EXPECT_THAT(head, HasSubstr("Content-Type: multipart/alternative; boundary="));
  EXPECT_THAT(absl::AsciiStrToLower(head), HasSubstr("mime-version: 1.0"));
  const std::string body = mail.data.substr(head.size());
  EXPECT_LT(body.find("text/plain; charset=utf-8"), body.find("text/html; charset=utf-8"));
  EXPECT_THAT(body, HasSubstr("Gr=C3=BC=C3=9Fe,\r\n.dot first\r\nhttps://portal.example/accept?token=3Dabc\r\n"));
  for (const unsigned char c : mail.data) EXPECT_LT(c, 0x80) << "plain ASCII on the wire";
}

TEST_F(SmtpSenderTest, KeepsTheConnectionBetweenMails) {
  SmtpServer server;
  SmtpSender sender = Sender(server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sender.Send(Message()).result, Result::kTaken);
  EXPECT_EQ(server.mails().size(), 3u);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(SmtpSenderTest, ARefusedMailDoesNotSpoilTheNext) {
  SmtpServer server({Behaviour::kRefuseContent});
  SmtpSender sender = Sender(server);
  EXPECT_EQ(sender.Send(Message()).result, Result::kRefused);
  EXPECT_EQ(sender.Send(Message()).result, Result::kTaken);
}

TEST_F(SmtpSenderTest, WhatTheServerSaysDecides) {
  struct Case {
    Behaviour behaviour;
    Result result;
    const char* error;
  };
  for (const Case& c :
       {Case{Behaviour::kDeferRecipient, Result::kTryAgain, "450 4.2.1 mailbox busy"},
        Case{Behaviour::kDeferContent, Result::kTryAgain, "451 4.3.0 try again"},
        Case{Behaviour::kRefuseRecipient, Result::kRefused, "550 5.1.1 <address> no such user"},
        Case{Behaviour::kRefuseContent, Result::kRefused, "554 5.7.1 content refused"},
        Case{Behaviour::kRefuseGreeting, Result::kTryAgain, "554 5.3.2 no mail service here"},
        Case{Behaviour::kNeedTls, Result::kTryAgain, "530 5.7.0 Must issue a STARTTLS command first"}}) {
    SmtpServer server({c.behaviour});
    const MailAttempt attempt = SendTo(server);
    EXPECT_EQ(attempt.result, c.result) << c.error;
    EXPECT_EQ(attempt.error, c.error);
    EXPECT_TRUE(server.mails().empty());
  }
}

TEST_F(SmtpSenderTest, ALostConnectionMayPass) {
  for (const Behaviour cut : {Behaviour::kCutAtData, Behaviour::kCutAfterData}) {
    SmtpServer server({cut});
    const MailAttempt attempt = SendTo(server);
    EXPECT_EQ(attempt.result, Result::kTryAgain);
    EXPECT_NE(attempt.error, "");
    EXPECT_THAT(attempt.error, Not(HasSubstr("@")));
  }
  int port = 0;
  {
    SmtpServer gone;
    port = gone.port();
  }
  SmtpOptions nobody;
  nobody.url = absl::StrCat("smtp://127.0.0.1:", port);
  nobody.require_tls = false;
  EXPECT_EQ(SmtpSender(nobody, [] { return false; }).Send(Message()).result, Result::kTryAgain);
}

TEST_F(SmtpSenderTest, RequiredTlsNeverSendsInTheClear) {
  SmtpServer server;
  const MailAttempt attempt = SendTo(server, /*require_tls=*/true);
  EXPECT_EQ(attempt.result, Result::kTryAgain);
  EXPECT_EQ(server.seen("MAIL"), 0);
}

TEST_F(SmtpSenderTest, RequiredTlsEncrypts) {
  SmtpServer server({}, /*tls=*/true);
  const MailAttempt attempt = SendTo(server, /*require_tls=*/true);
  ASSERT_EQ(attempt.result, Result::kTaken) << attempt.error;
  EXPECT_TRUE(server.mails()[0].encrypted);
}

TEST_F(SmtpSenderTest, ACertificateOfNobodyIsRefused) {
  SmtpServer server({}, /*tls=*/true);
  SmtpOptions options;
  options.url = server.url();
  EXPECT_EQ(SmtpSender(options, [] { return false; }).Send(Message()).result, Result::kTryAgain);
  EXPECT_EQ(server.seen("MAIL"), 0);
}

TEST_F(SmtpSenderTest, StoppingBreaksOff) {
  SmtpServer server({Behaviour::kHang});
  std::thread stopper([&] {
    server.AwaitSeen("RCPT", 1);
    stopping_ = true;
  });
  const MailAttempt attempt = SendTo(server);
  stopper.join();
  EXPECT_EQ(attempt.result, Result::kTryAgain);
}

}  // namespace
}  // namespace clientele::invitation
