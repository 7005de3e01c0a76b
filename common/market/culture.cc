#include "common/market/culture.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace clientele::market {
namespace {

bool IsLetters(absl::string_view text, size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isalpha(c); });
}

bool Contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::nullopt_t Refuse(const std::string& field, const std::string& description, const std::string& reason,
                      std::vector<FieldViolation>* violations) {
  violations->push_back({field, description, reason, ""});
  return std::nullopt;
}

}  // namespace

std::optional<std::string> CheckCulture(const std::string& field, const Market* market, const std::string& text,
                                        std::vector<FieldViolation>* violations) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  if (trimmed.size() != 5 || (trimmed[2] != '-' && trimmed[2] != '_') || !IsLetters(trimmed.substr(0, 2), 2) ||
      !IsLetters(trimmed.substr(3), 2)) {
    return Refuse(field, "must be a language and a country, such as en-US", "CULTURE", violations);
  }
  const std::string culture =
      absl::StrCat(absl::AsciiStrToLower(trimmed.substr(0, 2)), "-", absl::AsciiStrToUpper(trimmed.substr(3)));
  if (market != nullptr && !Contains(market->cultures, culture)) {
    return Refuse(field,
                  absl::StrCat("must be a culture of ", market->country, ": ", absl::StrJoin(market->cultures, ", ")),
                  "CULTURE", violations);
  }
  return culture;
}

std::optional<std::string> CheckLanguage(const std::string& field, const Market* market, const std::string& text,
                                         std::vector<FieldViolation>* violations) {
  const std::string language = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  if (!IsLetters(language, 2)) {
    return Refuse(field, "must be an ISO 639-1 code of two letters, such as en", "LANGUAGE", violations);
  }
  if (market != nullptr && !Contains(market->languages, language)) {
    return Refuse(field,
                  absl::StrCat("must be a language of ", market->country, ": ", absl::StrJoin(market->languages, ", ")),
                  "LANGUAGE", violations);
  }
  return language;
}

std::optional<std::string> CheckCurrency(const std::string& field, const Markets& markets, const std::string& text,
                                         std::vector<FieldViolation>* violations) {
  const std::string currency = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(text));
  if (markets.HasCurrency(currency)) return currency;
  return Refuse(field, "must be an ISO 4217 code of a currency that one can be billed in, such as EUR", "CURRENCY",
                violations);
}

}  // namespace clientele::market
