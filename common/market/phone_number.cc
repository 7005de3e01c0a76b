#include "common/market/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include "absl/strings/str_cat.h"

namespace clientele::market {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// The library's code for "no country": only numbers with a + parse.
constexpr char kUnknownRegion[] = "ZZ";

}  // namespace

std::optional<std::string> CheckPhoneNumber(const std::string& field, const std::string& country,
                                            const std::string& text, std::vector<FieldViolation>* violations) {
  const PhoneNumberUtil& plans = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const auto error = plans.Parse(text, country.empty() ? kUnknownRegion : country, &number);
  std::string description;
  if (error == PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR && country.empty()) {
    description = "must begin with + and the country's calling code";
  } else if (error != PhoneNumberUtil::NO_PARSING_ERROR || !plans.IsValidNumber(number)) {
    description = country.empty() ? "is no telephone number that exists in its country's plan"
                                  : absl::StrCat("is no telephone number of ", country,
                                                 "; of another country it begins with + and the calling code");
  } else if (number.has_extension()) {
    description = "must come without an extension";
  } else {
    std::string formatted;
    plans.Format(number, PhoneNumberUtil::E164, &formatted);
    return formatted;
  }
  violations->push_back({field, description, "PHONE_NUMBER", ""});
  return std::nullopt;
}

}  // namespace clientele::market
