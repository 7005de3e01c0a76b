#include "services/invitation/workflows/mail_templates.h"

#include <unicode/datefmt.h>

#include <filesystem>
#include <fstream>
#include <kainjow/mustache.hpp>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace clientele::invitation {
namespace {

namespace mustache = kainjow::mustache;

constexpr char kFallbackLanguage[] = "en";
constexpr char kProbeUri[] = "https://portal.invalid/accept?token=probe";
constexpr std::pair<MailKind, const char*> kKinds[] = {{MailKind::kInvitation, "invitation"},
                                                       {MailKind::kReminder, "reminder"}};

absl::StatusOr<std::string> ReadTemplate(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  const mustache::mustache parsed(text.str());
  if (!parsed.is_valid()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", parsed.error_message()));
  return text.str();
}

// The day in the language's own words, UTC.
std::string DayIn(const std::string& language, absl::Time time) {
  const std::unique_ptr<icu::DateFormat> format(
      icu::DateFormat::createDateInstance(icu::DateFormat::kLong, icu::Locale(language.c_str())));
  if (format == nullptr) return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
  format->adoptTimeZone(icu::TimeZone::createTimeZone("UTC"));
  icu::UnicodeString text;
  format->format(static_cast<UDate>(absl::ToUnixMillis(time)), text);
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

mustache::data DataOf(const std::string& language, const MailFacts& facts) {
  mustache::data data;
  data.set("partner", facts.partner_name);
  data.set("accept_uri", facts.accept_uri);
  data.set("expire_day", DayIn(language, facts.expire_time));
  mustache::data lines{mustache::data::type::list};
  if (!facts.message.empty()) {
    for (const absl::string_view line : absl::StrSplit(facts.message, '\n')) {
      lines << mustache::data{"line", std::string(absl::StripTrailingAsciiWhitespace(line))};
    }
  }
  data.set("has_message", facts.message.empty() ? mustache::data::type::bool_false : mustache::data::type::bool_true);
  data.set("message", lines);
  return data;
}

std::string Fill(const std::string& source, const mustache::data& data, bool html) {
  mustache::mustache filled(source);
  if (!html) filled.set_custom_escape([](const std::string& text) { return text; });
  return filled.render(data);
}

std::string LanguageOf(const std::string& locale) {
  return absl::AsciiStrToLower(std::string(absl::string_view(locale).substr(0, locale.find_first_of("-_"))));
}

}  // namespace

MailText MailTemplates::RenderOne(const Sources& sources, const std::string& language, const MailFacts& facts) {
  const mustache::data data = DataOf(language, facts);
  return {std::string(absl::StripAsciiWhitespace(Fill(sources.subject, data, false))), Fill(sources.text, data, false),
          Fill(sources.html, data, true)};
}

absl::StatusOr<MailTemplates::Sources> MailTemplates::LoadOne(const std::string& stem) {
  Sources sources;
  for (const auto& [part, source] : {std::make_pair("subject", &sources.subject), std::make_pair("txt", &sources.text),
                                     std::make_pair("html", &sources.html)}) {
    absl::StatusOr<std::string> text = ReadTemplate(absl::StrCat(stem, ".", part, ".mustache"));
    if (!text.ok()) return text.status();
    *source = *std::move(text);
  }
  // With the partner's own words and without them.
  for (const char* message : {"", "Hello"}) {
    const MailText probe = RenderOne(sources, kFallbackLanguage, {"Contoso", kProbeUri, absl::UnixEpoch(), message});
    for (const auto& [part, text] : {std::make_pair("txt", &probe.text), std::make_pair("html", &probe.html)}) {
      if (!absl::StrContains(*text, kProbeUri)) {
        return absl::InvalidArgumentError(absl::StrCat(stem, ".", part, ".mustache: must contain {{accept_uri}}"));
      }
    }
    if (probe.subject.empty() || absl::StrContains(probe.subject, "\n")) {
      return absl::InvalidArgumentError(absl::StrCat(stem, ".subject.mustache: must be one line"));
    }
  }
  return sources;
}

absl::StatusOr<MailTemplates> MailTemplates::Load(const std::string& directory) {
  MailTemplates templates;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.is_directory()) continue;
    const std::string language = entry.path().filename().string();
    for (const auto& [kind, name] : kKinds) {
      absl::StatusOr<Sources> sources = LoadOne(absl::StrCat(directory, "/", language, "/", name));
      if (!sources.ok()) return sources.status();
      templates.by_language_[language][kind] = *std::move(sources);
    }
  }
  if (error) return absl::InvalidArgumentError(absl::StrCat(directory, ": ", error.message()));
  if (templates.by_language_.count(kFallbackLanguage) == 0) {
    return absl::InvalidArgumentError(absl::StrCat(directory, ": has no folder ", kFallbackLanguage));
  }
  return templates;
}

MailText MailTemplates::Render(MailKind kind, const std::string& locale, const MailFacts& facts) const {
  auto found = by_language_.find(LanguageOf(locale));
  if (found == by_language_.end()) found = by_language_.find(kFallbackLanguage);
  return RenderOne(found->second.at(kind), found->first, facts);
}

}  // namespace clientele::invitation
