#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/invitation/domain/mail_delivery.h"

namespace clientele::invitation {

// What a mail tells.
struct MailFacts {
  std::string partner_name;
  std::string accept_uri;
  absl::Time expire_time;
  std::string message;  // the partner's own words; may be empty
};

struct MailText {
  std::string subject;
  std::string text;
  std::string html;
};

// The mail templates (mustache) of a folder: <language>/<invitation|reminder>.<subject|txt|html>.mustache. Immutable;
// thread-safe.
class MailTemplates {
 public:
  // INVALID_ARGUMENT names the file that is missing or broken, or whose text or HTML lacks the link: a mail without it
  // would be worth nothing.
  static absl::StatusOr<MailTemplates> Load(const std::string& directory);

  // In the locale's language, or in English where there is none.
  MailText Render(MailKind kind, const std::string& locale, const MailFacts& facts) const;

 private:
  struct Sources {
    std::string subject;
    std::string text;
    std::string html;
  };
  MailTemplates() = default;
  static absl::StatusOr<Sources> LoadOne(const std::string& stem);
  static MailText RenderOne(const Sources& sources, const std::string& language, const MailFacts& facts);

  std::map<std::string, std::map<MailKind, Sources>> by_language_;
};

}  // namespace clientele::invitation
