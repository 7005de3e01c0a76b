#include "common/market/market.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "re2/re2.h"

#include "common/market/json_fields.h"
#include "common/market/name_key.h"

namespace clientele::market {
namespace {

// A name as people write it: neither case, accents, punctuation nor spaces tell two apart.
std::string LooseKey(const std::string& name) {
  std::string key;
  for (const char byte : NameKey(name)) {
    if (static_cast<unsigned char>(byte) >= 0x80 || absl::ascii_isalnum(static_cast<unsigned char>(byte))) key += byte;
  }
  return key;
}

// The ways a name is written, from the form of ISO 3166-2: "Seoul-teukbyeolsi [Seoul]", "Madrid, Comunidad de".
std::vector<std::string> Spellings(const std::string& name) {
  std::vector<std::string> spellings;
  std::string rest = name;
  for (size_t open = rest.find_first_of("[("); open != std::string::npos; open = rest.find_first_of("[(")) {
    const size_t close = rest.find_first_of("])", open);
    if (close == std::string::npos) break;
    spellings.push_back(rest.substr(open + 1, close - open - 1));
    rest.erase(open, close - open + 1);
  }
  if (const size_t comma = rest.find(", "); comma != std::string::npos) {
    spellings.insert(spellings.begin(), absl::StrCat(rest.substr(comma + 2), " ", rest.substr(0, comma)));
    spellings.insert(spellings.begin(), rest.substr(0, comma));
  }
  spellings.insert(spellings.begin(), rest);
  spellings.push_back(name);
  return spellings;
}

void IndexSubdivisions(Market* market) {
  auto& index = market->subdivision_index;
  // Codes first: a name never hides a code.
  for (size_t i = 0; i < market->subdivisions.size(); ++i) {
    const std::string code = absl::AsciiStrToUpper(market->subdivisions[i].code);
    index.emplace(absl::StrCat("=", code), i);
    index.emplace(absl::StrCat("=", market->country, "-", code), i);
  }
  for (size_t i = 0; i < market->subdivisions.size(); ++i) {
    for (const std::string& spelling : Spellings(market->subdivisions[i].name)) {
      const std::string key = LooseKey(spelling);
      if (!key.empty()) index.emplace(key, i);
    }
  }
  for (Subdivision& subdivision : market->subdivisions) {
    subdivision.name = std::string(absl::StripAsciiWhitespace(Spellings(subdivision.name).front()));
  }
}

Pattern ReadPattern(JsonFields* fields, const std::string& key) {
  if (!fields->Has(key)) return Pattern();
  std::string error;
  Pattern pattern = Pattern::Compile(fields->Text(key), &error);
  if (!error.empty()) fields->Fail(key, error);
  return pattern;
}

bool IsCode(const std::string& text, size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isupper(c); });
}

Market ReadMarket(JsonFields fields, const Markets& markets) {
  Market market;
  market.country = fields.Text("code");
  if (!IsCode(market.country, 2)) fields.Fail("code", "must be an ISO 3166-1 alpha-2 code");
  market.name = fields.Text("name");
  market.csp_region = fields.Text("csp_region");
  if (!markets.HasRegion(market.csp_region)) fields.Fail("csp_region", "is none of the file's regions");
  const std::string source = fields.Text("csp_region_source");
  market.csp_region_documented = source == "documented";
  if (source != "documented" && source != "geography") {
    fields.Fail("csp_region_source", "must be documented or geography");
  }
  market.currency = fields.Text("currency");
  if (!markets.HasCurrency(market.currency)) fields.Fail("currency", "is none of the file's currencies");
  market.languages = fields.Texts("languages");
  market.cultures = fields.Texts("cultures");
  if (market.languages.empty()) fields.Fail("languages", "must not be empty");
  if (market.cultures.empty()) fields.Fail("cultures", "must not be empty");
  market.registration_number_required = fields.Bool("registration_number_required");
  market.registration_number = ReadPattern(&fields, "registration_number_pattern");
  if (!market.registration_number.empty() && !market.registration_number_required) {
    fields.Fail("registration_number_pattern", "stands where the number is forbidden");
  }
  market.phone_required = fields.Bool("phone_required");
  market.city_required = fields.Bool("city_required");
  market.state_required = fields.Bool("state_required");
  market.postal_code_required = fields.Bool("postal_code_required");
  market.postal_code = ReadPattern(&fields, "postal_code_pattern");
  for (auto& [code, name] : fields.TextMap("subdivisions")) market.subdivisions.push_back({code, name});
  if (market.state_required && market.subdivisions.empty()) {
    fields.Fail("subdivisions", "must not be empty where a state is required");
  }
  fields.RefuseOtherKeys();
  IndexSubdivisions(&market);
  return market;
}

}  // namespace

Pattern Pattern::Compile(const std::string& text, std::string* error) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(text, options);
  Pattern pattern;
  if (!compiled->ok()) {
    *error = absl::StrCat("is no pattern: ", compiled->error());
  } else {
    pattern.compiled_ = std::move(compiled);
  }
  return pattern;
}

bool Pattern::Matches(const std::string& text) const { return empty() || RE2::FullMatch(text, *compiled_); }

std::string Pattern::text() const { return empty() ? "" : compiled_->pattern(); }

const Subdivision* Market::FindSubdivision(const std::string& code_or_name) const {
  const std::string trimmed(absl::StripAsciiWhitespace(code_or_name));
  auto found = subdivision_index.find(absl::StrCat("=", absl::AsciiStrToUpper(trimmed)));
  if (found == subdivision_index.end()) found = subdivision_index.find(LooseKey(trimmed));
  return found == subdivision_index.end() ? nullptr : &subdivisions[found->second];
}

const Market* Markets::Find(const std::string& country) const {
  const auto found = countries_.find(country);
  return found == countries_.end() ? nullptr : &found->second;
}

absl::StatusOr<Markets> Markets::Load(const std::string& path) {
  std::string text;
  if (!ReadFile(path, &text)) return absl::NotFoundError(absl::StrCat("cannot read the markets file ", path));
  return Parse(text, path);
}

absl::StatusOr<Markets> Markets::Parse(const std::string& json, const std::string& origin) {
  std::vector<std::string> errors;
  const nlohmann::json document = ParseJson(json, &errors);
  Markets markets;
  if (errors.empty()) {
    JsonFields fields(document, "", &errors);
    markets.version_ = fields.Text("version");
    for (auto& [region, name] : fields.TextMap("regions")) markets.regions_.emplace(region, name);
    for (const std::string& currency : fields.Texts("currencies")) {
      if (!IsCode(currency, 3)) fields.Fail("currencies", absl::StrCat(currency, " is no ISO 4217 code"));
      markets.currencies_.insert(currency);
    }
    const nlohmann::json& countries = fields.Array("countries");
    for (size_t i = 0; i < countries.size(); ++i) {
      const std::string place = absl::StrCat("countries[", i, "]");
      Market market = ReadMarket(JsonFields(countries[i], place, &errors), markets);
      const std::string country = market.country;
      if (!markets.countries_.emplace(country, std::move(market)).second) {
        errors.push_back(absl::StrCat(place, ".code: ", country, " stands there twice"));
      }
    }
    if (markets.countries_.empty()) fields.Fail("countries", "must not be empty");
    fields.RefuseOtherKeys();
  }
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        origin, ": ", errors.size(), errors.size() == 1 ? " error: " : " errors: ", absl::StrJoin(errors, "; ")));
  }
  return markets;
}

}  // namespace clientele::market
