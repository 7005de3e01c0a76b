#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/error.h"
#include "common/market/market.h"

namespace clientele::market {

// A culture: language and country. "EN-us" and "en_US" come back as "en-US". With a market it must be one that the
// country supports. nullopt and one violation of `field` otherwise.
std::optional<std::string> CheckCulture(const std::string& field, const Market* market, const std::string& text,
                                        std::vector<FieldViolation>* violations);

// A language of two letters, in lower case; with a market one that the country supports.
std::optional<std::string> CheckLanguage(const std::string& field, const Market* market, const std::string& text,
                                         std::vector<FieldViolation>* violations);

// A currency that one can be billed in, in upper case.
std::optional<std::string> CheckCurrency(const std::string& field, const Markets& markets, const std::string& text,
                                         std::vector<FieldViolation>* violations);

}  // namespace clientele::market
