#include "services/invitation/workflows/mail_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr char kDirectory[] = "deploy/mail";
constexpr char kGolden[] = "services/invitation/workflows/testdata";
constexpr char kLink[] = "https://portal.example/accept?token=AbC-_9";

MailFacts Facts() {
  return {"Müller & Söhne <GmbH>", kLink, TestTime() + absl::Hours(24 * 30), "Hello {{partner}},\n\n<b>see you</b>"};
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class MailTemplatesTest : public ::testing::Test {
 protected:
  MailTemplatesTest() : templates_(*MailTemplates::Load(kDirectory)) {}
  const MailTemplates templates_;
};

// The whole text of each mail. To take a change over on purpose, set CLIENTELE_WRITE_GOLDEN and look at the diff.
TEST_F(MailTemplatesTest, EveryMailReadsAsItShould) {
  for (const char* locale : {"en", "de-DE", "fr", "ru"}) {
    for (const MailKind kind : {MailKind::kInvitation, MailKind::kReminder}) {
      const MailText mail = templates_.Render(kind, locale, Facts());
      const std::string whole = absl::StrCat(mail.subject, "\n----\n", mail.text, "----\n", mail.html);
      const std::string path = absl::StrCat(kGolden, "/", std::string(locale).substr(0, 2),
                                            kind == MailKind::kReminder ? "-reminder" : "-invitation", ".txt");
      if (std::getenv("CLIENTELE_WRITE_GOLDEN") != nullptr) Write(path, whole);
      EXPECT_EQ(whole, Read(path)) << path;
    }
  }
}

TEST_F(MailTemplatesTest, ValuesAreNeitherMarkupNorTemplates) {
  const MailText mail = templates_.Render(MailKind::kInvitation, "en", Facts());
  EXPECT_THAT(mail.html, HasSubstr("Müller &amp; Söhne &lt;GmbH&gt;"));
  EXPECT_THAT(mail.html, HasSubstr("&lt;b&gt;see you&lt;/b&gt;"));
  EXPECT_THAT(mail.html, Not(HasSubstr("<b>see you")));
  EXPECT_THAT(mail.text, HasSubstr("> Hello {{partner}},\n> \n> <b>see you</b>"));
  EXPECT_THAT(mail.subject, HasSubstr("Müller & Söhne <GmbH>"));
}

TEST_F(MailTemplatesTest, WithoutAMessageNothingIsQuoted) {
  MailFacts facts = Facts();
  facts.message.clear();
  const MailText mail = templates_.Render(MailKind::kInvitation, "de", facts);
  EXPECT_THAT(mail.text, Not(HasSubstr(">\n")));
  EXPECT_THAT(mail.html, Not(HasSubstr("blockquote")));
  EXPECT_THAT(mail.text, HasSubstr(kLink));
  EXPECT_THAT(mail.html, HasSubstr(absl::StrCat("href=\"", kLink, "\"")));
}

TEST_F(MailTemplatesTest, AnotherLanguageIsEnglish) {
  const MailText english = templates_.Render(MailKind::kReminder, "en", Facts());
  for (const char* locale : {"ja", "pt-BR", "", "en-GB"}) {
    EXPECT_EQ(templates_.Render(MailKind::kReminder, locale, Facts()).text, english.text) << locale;
  }
}

// Broken folders: copies of the real one with one file changed.
class BrokenTemplates : public ::testing::Test {
 protected:
  BrokenTemplates() {
    char path[] = "/tmp/clientele-templates-XXXXXX";
    directory_ = mkdtemp(path);
    fs::copy(kDirectory, directory_, fs::copy_options::recursive);
  }
  ~BrokenTemplates() override { fs::remove_all(directory_); }

  std::string ErrorWith(const std::string& file, const std::string& text) {
    const std::string path = absl::StrCat(directory_, "/", file);
    const std::string before = Read(path);
    Write(path, text);
    const absl::Status status = MailTemplates::Load(directory_).status();
    Write(path, before);
    return std::string(status.message());
  }

  std::string directory_;
};

TEST_F(BrokenTemplates, AMailWithoutTheLinkIsRefused) {
  EXPECT_THAT(ErrorWith("fr/invitation.txt.mustache", "Bonjour"), HasSubstr("must contain {{accept_uri}}"));
  EXPECT_THAT(ErrorWith("ru/reminder.html.mustache", "<p></p>"), HasSubstr("ru/reminder.html.mustache"));
  EXPECT_THAT(ErrorWith("en/invitation.txt.mustache", "{{#has_message}}{{accept_uri}}{{/has_message}}"),
              HasSubstr("must contain {{accept_uri}}"));
  EXPECT_EQ(ErrorWith("en/invitation.txt.mustache", "{{accept_uri}}"), "");
}

TEST_F(BrokenTemplates, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(ErrorWith("de/invitation.html.mustache", "{{#message}}{{accept_uri}}"), HasSubstr("de/invitation.html"));
  EXPECT_THAT(ErrorWith("de/reminder.subject.mustache", "one\ntwo\n"), HasSubstr("must be one line"));
  fs::remove(absl::StrCat(directory_, "/fr/reminder.txt.mustache"));
  EXPECT_THAT(std::string(MailTemplates::Load(directory_).status().message()), HasSubstr("fr/reminder.txt.mustache"));
  fs::remove_all(absl::StrCat(directory_, "/fr"));
  EXPECT_TRUE(MailTemplates::Load(directory_).ok()) << "a language less";
  fs::remove_all(absl::StrCat(directory_, "/en"));
  EXPECT_THAT(std::string(MailTemplates::Load(directory_).status().message()), HasSubstr("has no folder en"));
  EXPECT_FALSE(MailTemplates::Load(absl::StrCat(directory_, "/none")).ok());
}

}  // namespace
}  // namespace clientele::invitation
