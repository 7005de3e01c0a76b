#pragma once

#include <string>
#include <vector>

#include "common/core/error.h"
#include "common/market/market.h"

namespace clientele::market {

// An address as a caller gives it, and, once checked, as it is stored.
struct Address {
  std::string address_line1;
  std::string address_line2;
  std::string city;
  std::string state;  // the code of an ISO 3166-2 subdivision ("WA") where it is one
  std::string postal_code;
  std::string country;  // ISO 3166-1 alpha-2
  std::string first_name;
  std::string middle_name;
  std::string last_name;
  std::string phone_number;  // E.164
};

// The market of a country given in any case. Null and a violation if there is none; "UK" is told that it is GB.
// `country` comes back in upper case.
const Market* CheckCountry(const std::string& field, const Markets& markets, std::string* country,
                           std::vector<FieldViolation>* violations);

// Each brings one field into the form it is stored in, or adds one violation of `field`. Empty is right where the
// market does not demand the field.
// A state is a subdivision's code or name and becomes the code; where the country demands none, other text stays.
void CheckState(const std::string& field, const Market& market, std::string* state,
                std::vector<FieldViolation>* violations);
// Upper case, single spaces; a country prefix ("SE-11455") is dropped where the pattern has none.
void CheckPostalCode(const std::string& field, const Market& market, std::string* postal_code,
                     std::vector<FieldViolation>* violations);
// The organisation's registration number: demanded in some markets, forbidden in all others.
void CheckRegistrationNumber(const std::string& field, const Market& market, std::string* number,
                             std::vector<FieldViolation>* violations);

// All rules of the address's country at once; `path` is the address's own ("customer.billing_profile.default_address";
// empty for none). Lengths are the proto's to check. The market, or null if the country is wrong: then nothing that
// depends on it is checked.
const Market* CheckAddress(const std::string& path, const Markets& markets, Address* address,
                           std::vector<FieldViolation>* violations);

}  // namespace clientele::market
