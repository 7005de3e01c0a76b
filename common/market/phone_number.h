#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/error.h"

namespace clientele::market {

// A telephone number in E.164 ("+14255550100"). `text` is international, or national in `country` (ISO 3166-1 alpha-2;
// empty: only international). It must be a number that its country's plan knows, of any country, without an extension.
// nullopt and one violation of `field` if it is none. Thread-safe.
std::optional<std::string> CheckPhoneNumber(const std::string& field, const std::string& country,
                                            const std::string& text, std::vector<FieldViolation>* violations);

}  // namespace clientele::market
