#include "services/invitation/workflows/mail_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

// What a reader makes of encoded words.
std::string Decoded(const std::string& header) {
  std::string text;
  for (const absl::string_view word : absl::StrSplit(header, "\r\n ")) {
    EXPECT_LE(word.size(), 75u);
    EXPECT_TRUE(absl::StartsWith(word, "=?UTF-8?B?") && absl::EndsWith(word, "?=")) << word;
    std::string bytes;
    EXPECT_TRUE(absl::Base64Unescape(word.substr(10, word.size() - 12), &bytes));
    text += bytes;
  }
  return text;
}

TEST(HeaderText, LeavesPlainTextAlone) {
  EXPECT_EQ(HeaderText("Contoso invites you"), "Contoso invites you");
  EXPECT_EQ(HeaderText(""), "");
}

TEST(HeaderText, EncodesEverythingElse) {
  std::string cyrillic;
  for (int i = 0; i < 60; ++i) cyrillic += "Ж";
  for (const std::string& text : {std::string("Grüße"), cyrillic, std::string("=?UTF-8?Q?fake?="),
                                  std::string("two\r\nBcc: eve@other.example"), std::string(300, 'a')}) {
    const std::string header = HeaderText(text);
    EXPECT_EQ(Decoded(header), text);
    EXPECT_FALSE(absl::StrContains(header, "\nBcc"));
  }
}

TEST(HeaderText, NeverCutsACharacter) {
  for (size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'a');
    for (int i = 0; i < 40; ++i) text += "😀";
    for (const absl::string_view word : absl::StrSplit(HeaderText(text), "\r\n ")) {
      std::string bytes;
      ASSERT_TRUE(absl::Base64Unescape(word.substr(10, word.size() - 12), &bytes));
      EXPECT_NE(static_cast<unsigned char>(bytes[0]) & 0xc0, 0x80) << "begins inside a character";
    }
    EXPECT_EQ(Decoded(HeaderText(text)), text);
  }
}

TEST(DisplayName, QuotesWhatHasAMeaning) {
  EXPECT_EQ(DisplayName("Contoso, Inc."), "\"Contoso, Inc.\"");
  EXPECT_EQ(DisplayName("The \"best\" \\ one <x@y>"), "\"The \\\"best\\\" \\\\ one <x@y>\"");
  EXPECT_EQ(Decoded(DisplayName("Łódź")), "Łódź");
}

TEST(MessageIdOf, IsOneForEveryTryOfAMail) {
  QueuedMail mail;
  mail.invitation = kInvitationId;
  mail.generation = 2;
  const std::string id = MessageIdOf(mail, "invitations@clientele.example");
  EXPECT_EQ(id, absl::StrCat("<", kInvitationId, ".2.invitation@clientele.example>"));
  mail.attempt_count = 5;
  EXPECT_EQ(MessageIdOf(mail, "invitations@clientele.example"), id);
  mail.kind = MailKind::kReminder;
  EXPECT_NE(MessageIdOf(mail, "invitations@clientele.example"), id);
}

}  // namespace
}  // namespace clientele::invitation
