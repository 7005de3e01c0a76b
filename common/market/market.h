#pragma once

#include "absl/status/statusor.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace re2 {
class RE2;
}

namespace clientele::market {

// A pattern of the data, compiled once. Thread-safe.
class Pattern {
 public:
  // No pattern: everything matches.
  Pattern() = default;
  // `error` tells why, if the text is no RE2 pattern.
  static Pattern Compile(const std::string& text, std::string* error);

  bool empty() const { return compiled_ == nullptr; }
  // The whole of `text` matches.
  bool Matches(const std::string& text) const;
  std::string text() const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

struct Subdivision {
  std::string code;  // the part of the ISO 3166-2 code after the country: "WA"
  std::string name;
};

// What the suite knows about one country.
struct Market {
  std::string country;  // ISO 3166-1 alpha-2
  std::string name;
  std::string csp_region;
  bool csp_region_documented = false;         // false: put where geography says
  std::string currency;                       // ISO 4217
  std::vector<std::string> languages;         // ISO 639-1
  std::vector<std::string> cultures;          // "en-US"
  bool registration_number_required = false;  // otherwise forbidden
  bool phone_required = false;
  bool city_required = false;
  bool state_required = false;
  bool postal_code_required = false;
  Pattern registration_number;
  Pattern postal_code;
  std::vector<Subdivision> subdivisions;

  // By code ("WA", "US-WA") or name, whatever its case and accents. Null if the country has no such subdivision.
  // Of two with one name it is the first by code.
  const Subdivision* FindSubdivision(const std::string& code_or_name) const;

  // Key of a code or name -> index in `subdivisions`. Filled by Markets.
  std::unordered_map<std::string, size_t> subdivision_index;
};

// The market data of the suite: immutable, so safe to share among threads.
class Markets {
 public:
  // InvalidArgument names every error of the file with its place.
  static absl::StatusOr<Markets> Load(const std::string& path);
  // `origin` names the text in errors.
  static absl::StatusOr<Markets> Parse(const std::string& json, const std::string& origin);

  // By upper-case ISO 3166-1 alpha-2 code; null if there is no such country. Lives as long as this object.
  const Market* Find(const std::string& country) const;
  // Whether one can be billed in this ISO 4217 currency.
  bool HasCurrency(const std::string& currency) const { return currencies_.count(currency) > 0; }
  bool HasRegion(const std::string& region) const { return regions_.count(region) > 0; }

  const std::string& version() const { return version_; }
  // Region -> its English name.
  const std::map<std::string, std::string>& regions() const { return regions_; }
  const std::map<std::string, Market>& countries() const { return countries_; }

 private:
  std::string version_;
  std::map<std::string, std::string> regions_;
  std::set<std::string> currencies_;
  std::map<std::string, Market> countries_;
};

}  // namespace clientele::market
