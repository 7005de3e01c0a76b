#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/invitation/domain/mail_delivery.h"
#include "services/invitation/workflows/mail_templates.h"

namespace clientele::invitation {

// A mail as it is handed to the mail server.
struct MailMessage {
  std::string sender;       // address
  std::string sender_name;  // shown beside it
  std::string recipient;    // address
  std::string message_id;   // with its angle brackets
  absl::Time date;
  MailText content;
};

// Text for a header: as it is where it is plain ASCII, else in encoded words (RFC 2047), folded.
std::string HeaderText(absl::string_view text);
// A name beside an address: a quoted string, or encoded words.
std::string DisplayName(absl::string_view name);

// The same for every try of one mail, so that one that arrives twice is recognised.
std::string MessageIdOf(const QueuedMail& mail, absl::string_view sender);

// The message's own header lines, without line ends; MIME lines are not among them.
std::vector<std::string> HeaderLines(const MailMessage& message);

}  // namespace clientele::invitation
