#include "services/invitation/workflows/smtp_sender.h"

#include <curl/curl.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace clientele::invitation {
namespace {

constexpr size_t kMaxErrorLength = 200;

// What was said last about the mail: libcurl tells a reply's code, but neither its text nor what it replied to, and it
// says QUIT after a refusal.
struct Dialogue {
  std::string command;
  std::string reply;
  bool leaving = false;

  // Of the reply; 0 where there is none.
  int Code() const {
    int code = 0;
    return reply.size() >= 3 && absl::SimpleAtoi(absl::string_view(reply).substr(0, 3), &code) ? code : 0;
  }
};

int Listen(CURL*, curl_infotype type, char* data, size_t size, void* user) {
  auto* const dialogue = static_cast<Dialogue*>(user);
  const absl::string_view text(data, size);
  if (type == CURLINFO_HEADER_OUT) {
    dialogue->leaving = absl::StartsWithIgnoreCase(text, "QUIT");
    if (dialogue->leaving) return 0;
    dialogue->command = std::string(text);
    dialogue->reply.clear();
  } else if (type == CURLINFO_HEADER_IN && !dialogue->leaving) {
    dialogue->reply = std::string(text);
  }
  return 0;
}

int AbortWhereStopping(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(user))() ? 1 : 0;
}

// Printable, short, and without addresses: it stands on the invitation and in events.
std::string WithoutAddresses(absl::string_view reply) {
  std::string safe;
  for (const absl::string_view word : absl::StrSplit(reply, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
    absl::StrAppend(&safe, safe.empty() ? "" : " ", absl::StrContains(word, "@") ? "<address>" : std::string(word));
  }
  for (char& c : safe) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return safe.substr(0, kMaxErrorLength);
}

// Whether a reply of 500 and above concerns this mail. To a greeting, EHLO, STARTTLS or AUTH it concerns us.
bool ConcernsMail(const Dialogue& dialogue) {
  const int code = dialogue.Code();
  if (code == 530 || code == 535 || code == 538) return false;  // wants authentication or encryption
  for (const char* command : {"EHLO", "HELO", "STARTTLS", "AUTH", "NOOP", "RSET"}) {
    if (absl::StartsWithIgnoreCase(dialogue.command, command)) return false;
  }
  return !dialogue.command.empty();
}

MailAttempt AttemptOf(CURLcode result, const Dialogue& dialogue) {
  if (result == CURLE_OK) return {MailAttempt::Result::kTaken, ""};
  const int code = dialogue.Code();
  if (code < 400) return {MailAttempt::Result::kTryAgain, curl_easy_strerror(result)};
  const bool refused = code >= 500 && ConcernsMail(dialogue);
  return {refused ? MailAttempt::Result::kRefused : MailAttempt::Result::kTryAgain, WithoutAddresses(dialogue.reply)};
}

using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

List Append(List list, const std::string& line) {
  return List(curl_slist_append(list.release(), line.c_str()), curl_slist_free_all);
}

void AddPart(curl_mime* mime, const std::string& text, const char* type) {
  // A lone line feed would be encoded rather than end a line.
  const std::string lines = absl::StrReplaceAll(text, {{"\r\n", "\r\n"}, {"\n", "\r\n"}});
  curl_mimepart* const part = curl_mime_addpart(mime);
  curl_mime_data(part, lines.data(), lines.size());
  curl_mime_type(part, type);
  curl_mime_encoder(part, "quoted-printable");
}

}  // namespace

struct SmtpSender::Session {
  CURL* const easy = curl_easy_init();
  ~Session() { curl_easy_cleanup(easy); }
};

SmtpSender::SmtpSender(SmtpOptions options, std::function<bool()> stopping)
    : options_(std::move(options)), stopping_(std::move(stopping)), session_(std::make_unique<Session>()) {}

SmtpSender::~SmtpSender() = default;

MailAttempt SmtpSender::Send(const MailMessage& message) {
  CURL* const easy = session_->easy;
  // Forgets the last mail, not the connection.
  curl_easy_reset(easy);
  Dialogue dialogue;
  List recipients = Append(List(nullptr, curl_slist_free_all), absl::StrCat("<", message.recipient, ">"));
  List headers(nullptr, curl_slist_free_all);
  for (const std::string& line : HeaderLines(message)) headers = Append(std::move(headers), line);
  headers = Append(std::move(headers), "Content-Type: multipart/alternative");
  const std::unique_ptr<curl_mime, void (*)(curl_mime*)> mime(curl_mime_init(easy), curl_mime_free);
  // The plainest alternative stands first.
  AddPart(mime.get(), message.content.text, "text/plain; charset=utf-8");
  AddPart(mime.get(), message.content.html, "text/html; charset=utf-8");

  curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, absl::ToInt64Milliseconds(options_.timeout));
  curl_easy_setopt(easy, CURLOPT_USE_SSL, int64_t{options_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE});
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, absl::StrCat("<", message.sender, ">").c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime.get());
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, Listen);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &dialogue);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, AbortWhereStopping);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &stopping_);

  return AttemptOf(curl_easy_perform(easy), dialogue);
}

}  // namespace clientele::invitation
