#include "common/market/address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/market/phone_number.h"

namespace clientele::market {
namespace {

constexpr size_t kMaxRegistrationNumberLength = 50;
constexpr size_t kMaxPostalCodeLength = 20;

// Partner Center's codes, for callers that move over from it.
constexpr char kRegistrationNumberMissing[] = "600049";
constexpr char kRegistrationNumberMalformed[] = "600050";
constexpr char kRegistrationNumberUnsupported[] = "600002";
constexpr char kPhoneNumberMissing[] = "600051";

std::string Join(const std::string& path, const char* field) {
  return path.empty() ? field : absl::StrCat(path, ".", field);
}

void Add(const std::string& field, const std::string& description, const std::string& reason,
         std::vector<FieldViolation>* violations, const std::string& pc_code = "") {
  violations->push_back({field, description, reason, pc_code});
}

std::string Trimmed(const std::string& text) { return std::string(absl::StripAsciiWhitespace(text)); }

void Require(const std::string& field, bool required, const Market& market, std::string* value,
             std::vector<FieldViolation>* violations) {
  *value = Trimmed(*value);
  if (required && value->empty()) Add(field, absl::StrCat("is required in ", market.country), "REQUIRED", violations);
}

void CheckPhone(const std::string& field, const Market& market, std::string* number,
                std::vector<FieldViolation>* violations) {
  *number = Trimmed(*number);
  if (number->empty()) {
    if (market.phone_required) {
      Add(field, absl::StrCat("is required in ", market.country), "REQUIRED", violations, kPhoneNumberMissing);
    }
    return;
  }
  if (const auto e164 = CheckPhoneNumber(field, market.country, *number, violations)) *number = *e164;
}

}  // namespace

const Market* CheckCountry(const std::string& field, const Markets& markets, std::string* country,
                           std::vector<FieldViolation>* violations) {
  *country = absl::AsciiStrToUpper(Trimmed(*country));
  if (const Market* market = markets.Find(*country)) return market;
  if (country->empty()) {
    Add(field, "is required: an ISO 3166-1 code of two letters", "REQUIRED", violations);
  } else if (*country == "UK") {
    Add(field, "UK is no ISO 3166-1 code: the United Kingdom is GB", "COUNTRY", violations);
  } else {
    Add(field, "must be an ISO 3166-1 code of two letters, such as US", "COUNTRY", violations);
  }
  return nullptr;
}

void CheckState(const std::string& field, const Market& market, std::string* state,
                std::vector<FieldViolation>* violations) {
  *state = Trimmed(*state);
  if (state->empty()) {
    if (market.state_required) {
      Add(field, absl::StrCat("is required in ", market.country, ": the code or name of an ISO 3166-2 subdivision"),
          "REQUIRED", violations);
    }
    return;
  }
  if (const Subdivision* subdivision = market.FindSubdivision(*state)) {
    *state = subdivision->code;
  } else if (market.state_required) {
    Add(field,
        absl::StrCat("must be the code or name of an ISO 3166-2 subdivision of ", market.country, ", such as ",
                     market.subdivisions.front().code, " or ", market.subdivisions.front().name),
        "SUBDIVISION", violations);
  }
}

void CheckPostalCode(const std::string& field, const Market& market, std::string* postal_code,
                     std::vector<FieldViolation>* violations) {
  std::string code = *postal_code;
  absl::RemoveExtraAsciiWhitespace(&code);
  absl::AsciiStrToUpper(&code);
  *postal_code = code;
  if (code.empty()) {
    if (market.postal_code_required) {
      Add(field, absl::StrCat("is required in ", market.country), "REQUIRED", violations);
    }
    return;
  }
  if (market.postal_code.empty()) {
    if (code.size() > kMaxPostalCodeLength) {
      Add(field, absl::StrCat("must have at most ", kMaxPostalCodeLength, " characters"), "POSTAL_CODE", violations);
    }
    return;
  }
  if (market.postal_code.Matches(code)) return;
  for (const char separator : {'-', ' '}) {
    const std::string prefix = market.country + separator;
    if (absl::StartsWith(code, prefix) && market.postal_code.Matches(code.substr(prefix.size()))) {
      *postal_code = code.substr(prefix.size());
      return;
    }
  }
  Add(field, absl::StrCat("must be a postal code of ", market.country, ": ", market.postal_code.text()), "POSTAL_CODE",
      violations);
}

void CheckRegistrationNumber(const std::string& field, const Market& market, std::string* number,
                             std::vector<FieldViolation>* violations) {
  *number = absl::AsciiStrToUpper(Trimmed(*number));
  if (!market.registration_number_required) {
    if (!number->empty()) {
      Add(field, absl::StrCat("is not used in ", market.country, ": leave it empty"), "NOT_SUPPORTED", violations,
          kRegistrationNumberUnsupported);
    }
    return;
  }
  if (number->empty()) {
    Add(field, absl::StrCat("is required in ", market.country), "REQUIRED", violations, kRegistrationNumberMissing);
    return;
  }
  const bool plain = number->size() <= kMaxRegistrationNumberLength &&
                     std::all_of(number->begin(), number->end(),
                                 [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '/'; });
  if (plain && market.registration_number.Matches(*number)) return;
  Add(field,
      absl::StrCat(
          "must be a registration number of ", market.country, ": ",
          market.registration_number.empty() ? "1 to 50 letters, digits, - and /" : market.registration_number.text()),
      "REGISTRATION_NUMBER", violations, kRegistrationNumberMalformed);
}

const Market* CheckAddress(const std::string& path, const Markets& markets, Address* address,
                           std::vector<FieldViolation>* violations) {
  address->address_line1 = Trimmed(address->address_line1);
  if (address->address_line1.empty()) Add(Join(path, "address_line1"), "is required", "REQUIRED", violations);
  for (std::string* text :
       {&address->address_line2, &address->first_name, &address->middle_name, &address->last_name}) {
    *text = Trimmed(*text);
  }
  const Market* market = CheckCountry(Join(path, "country"), markets, &address->country, violations);
  if (market == nullptr) return nullptr;
  Require(Join(path, "city"), market->city_required, *market, &address->city, violations);
  CheckState(Join(path, "state"), *market, &address->state, violations);
  CheckPostalCode(Join(path, "postal_code"), *market, &address->postal_code, violations);
  CheckPhone(Join(path, "phone_number"), *market, &address->phone_number, violations);
  return market;
}

}  // namespace clientele::market
