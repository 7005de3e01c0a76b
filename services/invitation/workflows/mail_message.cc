#include "services/invitation/workflows/mail_message.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace clientele::invitation {
namespace {

// 45 bytes are 60 characters of base64: with =?UTF-8?B? and ?= an encoded word has 72 of the 75 it may have.
constexpr size_t kMaxWordBytes = 45;
constexpr size_t kMaxPlainLength = 200;

bool IsPlain(absl::string_view text) {
  return text.size() <= kMaxPlainLength && !absl::StrContains(text, "=?") &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

// Where a word that starts at `start` ends: never inside a character.
size_t WordEnd(absl::string_view text, size_t start) {
  size_t end = std::min(start + kMaxWordBytes, text.size());
  while (end < text.size() && end > start && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end > start ? end : std::min(start + kMaxWordBytes, text.size());
}

std::string EncodedWords(absl::string_view text) {
  std::vector<std::string> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = WordEnd(text, start);
    words.push_back(absl::StrCat("=?UTF-8?B?", absl::Base64Escape(text.substr(start, end - start)), "?="));
    start = end;
  }
  return absl::StrJoin(words, "\r\n ");
}

}  // namespace

std::string HeaderText(absl::string_view text) { return IsPlain(text) ? std::string(text) : EncodedWords(text); }

std::string DisplayName(absl::string_view name) {
  if (!IsPlain(name)) return EncodedWords(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return absl::StrCat(quoted, "\"");
}

std::string MessageIdOf(const QueuedMail& mail, absl::string_view sender) {
  return absl::StrCat("<", mail.invitation, ".", mail.generation,
                      mail.kind == MailKind::kReminder ? ".reminder" : ".invitation", "@",
                      sender.substr(sender.rfind('@') + 1), ">");
}

std::vector<std::string> HeaderLines(const MailMessage& message) {
  return {
      absl::StrCat("From: ", DisplayName(message.sender_name), " <", message.sender, ">"),
      absl::StrCat("To: <", message.recipient, ">"),
      absl::StrCat("Subject: ", HeaderText(message.content.subject)),
      absl::StrCat("Date: ", absl::FormatTime(absl::RFC1123_full, message.date, absl::UTCTimeZone())),
      absl::StrCat("Message-ID: ", message.message_id),
      // No vacation notice answers it.
      "Auto-Submitted: auto-generated",
  };
}

}  // namespace clientele::invitation
