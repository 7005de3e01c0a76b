#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/error.h"

namespace clientele::market {

// A company's domain name in the form it is stored and compared in: lower-case A-labels, no final dot. It must be a
// full host name that someone can register: at least two labels, and no public suffix ("co.uk") itself. A suffix that
// nobody registered counts by the public suffix list's default rule, so "contoso.example" is one.
// nullopt and one violation of `field` if it is none. Thread-safe.
std::optional<std::string> CheckDomainName(const std::string& field, const std::string& text,
                                           std::vector<FieldViolation>* violations);

// An e-mail address: ASCII, a dot-atom of at most 64 characters before the @, at most 254 in all, and a domain that
// CheckDomainName takes. The domain comes back in lower case, the rest as it was.
std::optional<std::string> CheckEmailAddress(const std::string& field, const std::string& text,
                                             std::vector<FieldViolation>* violations);

// The domain of an address that CheckEmailAddress took.
std::string DomainOfEmail(const std::string& address);

}  // namespace clientele::market
