#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "services/invitation/domain/mail_delivery.h"
#include "services/invitation/workflows/mail_message.h"

namespace clientele::invitation {

struct SmtpOptions {
  std::string url;          // smtp://host:port, or smtps:// for TLS from the first byte
  bool require_tls = true;  // never sends over a connection in the clear
  absl::Duration timeout = absl::Seconds(30);
  std::string ca_file;  // empty: the system's authorities
};

// Hands mails to a mail server by SMTP (libcurl), one after the other; the connection is kept between two. Blocks: not
// thread-safe, and for a thread of its own.
class SmtpSender {
 public:
  // `stopping` is asked about once a second and ends what is under way.
  SmtpSender(SmtpOptions options, std::function<bool()> stopping);
  ~SmtpSender();
  SmtpSender(const SmtpSender&) = delete;
  SmtpSender& operator=(const SmtpSender&) = delete;

  // 5xx to the mail itself is a refusal; 4xx, a lost connection or what concerns us and not the mail may pass.
  MailAttempt Send(const MailMessage& message);

 private:
  struct Session;
  const SmtpOptions options_;
  const std::function<bool()> stopping_;
  std::unique_ptr<Session> session_;
};

}  // namespace clientele::invitation
