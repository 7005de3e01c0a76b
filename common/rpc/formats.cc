#include "common/rpc/formats.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/id.h"
#include "common/core/mutex.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using type::v1::FieldRule;

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxLocalPart = 64;

// protobuf has checked that the text is UTF-8, so every byte that continues no character begins one.
size_t CodePoints(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool All(absl::string_view text, bool (*allowed)(unsigned char)) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return allowed(static_cast<unsigned char>(c)); });
}

// C0, DEL, C1 (U+0080–U+009F is C2 80–C2 9F in UTF-8).
bool HasControl(absl::string_view text, bool line_feed_allowed) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n' && line_feed_allowed) continue;
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

// What is seen by nobody and misleads who reads what is beside it: zero width spaces, and marks that turn the order of
// letters. The joiners U+200C and U+200D belong to words of several languages.
bool HasInvisible(absl::string_view text) {
  static constexpr const char* kInvisible[] = {"\u061C", "\u200B", "\u200E", "\u200F", "\u202A",
                                               "\u202B", "\u202C", "\u202D", "\u202E", "\u2060",
                                               "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF"};
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [&](const char* mark) { return absl::StrContains(text, mark); });
}

bool IsText(const std::string& text) { return !HasControl(text, true) && !HasInvisible(text); }

// U+2028 and U+2029 end a line as well.
bool IsLine(const std::string& text) {
  return !HasControl(text, false) && !HasInvisible(text) && !absl::StrContains(text, "\u2028") &&
         !absl::StrContains(text, "\u2029");
}

bool IsUuid(const std::string& text) { return Uuid::Parse(text).has_value(); }

// Syntax of a host name; letters beyond ASCII are the domain's to judge.
bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= 4 * kMaxLabel && label.front() != '-' && label.back() != '-' &&
         All(label, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c >= 0x80; });
}

bool IsDomain(const std::string& text) {
  const std::vector<absl::string_view> labels = absl::StrSplit(absl::StripSuffix(text, "."), '.');
  const bool beyond_ascii = !All(text, [](unsigned char c) { return c < 0x80; });
  return IsLine(text) && (labels.size() > 1 || beyond_ascii) && std::all_of(labels.begin(), labels.end(), IsLabel);
}

bool IsEmail(const std::string& text) {
  const size_t at = text.rfind('@');
  if (at == std::string::npos || at == 0 || at > kMaxLocalPart) return false;
  const absl::string_view local = absl::string_view(text).substr(0, at);
  const std::string host = text.substr(at + 1);
  const bool atoms = All(local, [](unsigned char c) {
    return absl::ascii_isalnum(c) ||
           absl::string_view("!#$%&'*+-/=?^_`{|}~.").find(static_cast<char>(c)) != absl::string_view::npos;
  });
  return atoms && local.front() != '.' && local.back() != '.' && !absl::StrContains(local, "..") &&
         All(host, [](unsigned char c) { return c < 0x80; }) && IsDomain(host);
}

bool IsCountry(const std::string& text) {
  return text.size() == 2 && All(text, [](unsigned char c) { return absl::ascii_isupper(c); });
}

bool IsCurrency(const std::string& text) {
  return text.size() == 3 && All(text, [](unsigned char c) { return absl::ascii_isupper(c); });
}

bool IsLanguage(const std::string& text) {
  return text.size() == 2 && All(text, [](unsigned char c) { return absl::ascii_islower(c); });
}

bool IsCulture(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::ByAnyChar("-_"));
  return parts.size() <= 3 &&
         std::all_of(parts.begin(), parts.end(),
                     [](absl::string_view part) {
                       return part.size() >= 2 && All(part, [](unsigned char c) { return absl::ascii_isalnum(c); });
                     }) &&
         All(parts[0], [](unsigned char c) { return absl::ascii_isalpha(c); });
}

bool IsPhone(const std::string& text) {
  return IsLine(text) && std::any_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

bool IsOpaque(const std::string& text) {
  return All(text, [](unsigned char c) { return absl::ascii_isgraph(c); });
}

bool IsUri(const std::string& text) {
  if (!absl::StartsWith(text, "https://") || !IsOpaque(text)) return false;
  const absl::string_view rest = absl::string_view(text).substr(8);
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const absl::string_view host = authority.substr(0, authority.find(':'));
  return !host.empty() && rest.find_first_of("#<>\"\\^`{|}") == absl::string_view::npos &&
         All(host, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.'; });
}

bool IsSlugText(const std::string& text) { return IsSlug(text); }

bool IsCode(const std::string& text) {
  return All(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == ':' || c == '/';
  });
}

struct FormatCheck {
  bool (*keeps)(const std::string&);
  const char* description;
};

const std::map<int, FormatCheck>& FormatChecks() {
  static const auto* const checks = new std::map<int, FormatCheck>{
      {type::v1::FORMAT_TEXT, {IsText, "must have no control or invisible characters but line feeds"}},
      {type::v1::FORMAT_LINE, {IsLine, "must be one line without control or invisible characters"}},
      {type::v1::FORMAT_UUID, {IsUuid, "must be a lower-case UUID of 36 characters"}},
      {type::v1::FORMAT_EMAIL, {IsEmail, "must be an e-mail address, such as anna@contoso.com"}},
      {type::v1::FORMAT_DOMAIN, {IsDomain, "must be a full host name, such as contoso.com"}},
      {type::v1::FORMAT_COUNTRY, {IsCountry, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE"}},
      {type::v1::FORMAT_CURRENCY, {IsCurrency, "must be an ISO 4217 code in upper case, such as EUR"}},
      {type::v1::FORMAT_LANGUAGE, {IsLanguage, "must be an ISO 639-1 code of two lower-case letters, such as en"}},
      {type::v1::FORMAT_CULTURE, {IsCulture, "must be a language and a country, such as en-US"}},
      {type::v1::FORMAT_PHONE, {IsPhone, "must be a telephone number, such as +14255550100"}},
      {type::v1::FORMAT_ORDER_BY, {IsLine, "must be one line without control characters"}},
      {type::v1::FORMAT_OPAQUE, {IsOpaque, "must be a value that an earlier answer carried"}},
      {type::v1::FORMAT_URI, {IsUri, "must be an absolute https URI"}},
      {type::v1::FORMAT_SLUG,
       {IsSlugText, "must be lower-case letters, digits and hyphens, beginning with a letter, ending with none of -"}},
      {type::v1::FORMAT_CODE, {IsCode, "must consist of letters, digits and . _ - : /"}},
  };
  return *checks;
}

std::optional<Fault> CheckResourceName(const std::string& text, const FieldRule& rule) {
  for (const std::string& pattern : rule.resource_types()) {
    if (MatchesPattern(text, pattern)) return std::nullopt;
  }
  return Fault{"RESOURCE_NAME", absl::StrCat("must have the form ", absl::StrJoin(rule.resource_types(), " or "))};
}

// Patterns come from the protos, so there are few, and each is compiled once.
const re2::RE2& Compiled(const std::string& pattern) {
  static auto* const mutex = new Mutex;
  static auto* const compiled = new std::map<std::string, std::unique_ptr<const re2::RE2>>;
  MutexLock lock(mutex);
  std::unique_ptr<const re2::RE2>& slot = (*compiled)[pattern];
  if (slot == nullptr) slot = std::make_unique<const re2::RE2>(pattern);
  return *slot;
}

}  // namespace

bool IsSlug(absl::string_view text) {
  return text.size() >= 2 && absl::ascii_islower(static_cast<unsigned char>(text.front())) && text.back() != '-' &&
         All(text, [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

std::optional<Fault> CheckText(const std::string& text, const FieldRule& rule) {
  const size_t length = CodePoints(text);
  if (rule.max_length() > 0 && length > rule.max_length()) {
    return Fault{"TOO_LONG", absl::StrCat("must have at most ", rule.max_length(), " characters")};
  }
  if (length < rule.min_length()) {
    return Fault{"TOO_SHORT", absl::StrCat("must have at least ", rule.min_length(), " characters")};
  }
  if (rule.format() == type::v1::FORMAT_RESOURCE_NAME) {
    if (std::optional<Fault> fault = CheckResourceName(text, rule)) return fault;
  }
  const auto check = FormatChecks().find(rule.format());
  if (check != FormatChecks().end() && !check->second.keeps(text)) {
    return Fault{type::v1::Format_Name(rule.format()).substr(7), check->second.description};
  }
  if (!rule.pattern().empty() && !re2::RE2::FullMatch(text, Compiled(rule.pattern()))) {
    return Fault{"PATTERN", absl::StrCat("must match ", rule.pattern())};
  }
  return std::nullopt;
}

}  // namespace clientele::rpc
