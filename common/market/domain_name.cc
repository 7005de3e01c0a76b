#include "common/market/domain_name.h"

#include <idn2.h>
#include <libpsl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace clientele::market {
namespace {

constexpr size_t kMaxDomainLength = 253;
constexpr size_t kMaxLabelLength = 63;
constexpr size_t kMaxEmailLength = 254;
constexpr size_t kMaxLocalPartLength = 64;

// The list that libpsl was built with: the same in every replica of one image.
const psl_ctx_t* PublicSuffixes() {
  static const psl_ctx_t* const suffixes = psl_builtin() != nullptr ? psl_builtin() : psl_latest(nullptr);
  return suffixes;
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelLength && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c) || absl::ascii_islower(c) || c == '-'; });
}

// What is wrong with a lower-case ASCII host name; empty if nothing is.
std::string HostNameError(const std::string& host) {
  if (host.size() > kMaxDomainLength) return absl::StrCat("must have at most ", kMaxDomainLength, " characters");
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  if (labels.size() < 2) return "must be a full host name, such as contoso.com";
  if (!std::all_of(labels.begin(), labels.end(), IsLabel)) {
    return "must consist of labels of 1 to 63 letters, digits and hyphens, none at their ends";
  }
  const absl::string_view last = labels.back();
  if (std::all_of(last.begin(), last.end(), [](unsigned char c) { return absl::ascii_isdigit(c); })) {
    return "must be a host name, not an address";
  }
  return "";
}

void Add(const std::string& field, const std::string& description, const std::string& reason,
         std::vector<FieldViolation>* violations) {
  violations->push_back({field, description, reason, ""});
}

bool IsLocalPart(absl::string_view local) {
  if (local.empty() || local.size() > kMaxLocalPartLength || local.front() == '.' || local.back() == '.' ||
      absl::StrContains(local, "..")) {
    return false;
  }
  return std::all_of(local.begin(), local.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-/=?^_`{|}~.", std::string(1, c));
  });
}

}  // namespace

std::optional<std::string> CheckDomainName(const std::string& field, const std::string& text,
                                           std::vector<FieldViolation>* violations) {
  std::string trimmed(absl::StripAsciiWhitespace(text));
  if (absl::EndsWith(trimmed, ".")) trimmed.pop_back();
  if (trimmed.empty()) {
    Add(field, "is required: a full host name, such as contoso.com", "REQUIRED", violations);
    return std::nullopt;
  }
  char* ascii = nullptr;
  const int code = idn2_to_ascii_8z(trimmed.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(ascii, idn2_free);
  if (code != IDN2_OK || trimmed.find('\0') != std::string::npos) {
    Add(field, absl::StrCat("is no domain name: ", code == IDN2_OK ? "it has a NUL character" : idn2_strerror(code)),
        "DOMAIN_NAME", violations);
    return std::nullopt;
  }
  std::string host = absl::AsciiStrToLower(ascii);
  if (const std::string error = HostNameError(host); !error.empty()) {
    Add(field, error, "DOMAIN_NAME", violations);
    return std::nullopt;
  }
  if (psl_is_public_suffix(PublicSuffixes(), host.c_str())) {
    Add(field, absl::StrCat("must be a name that an organisation registered; ", host, " is a public suffix"),
        "PUBLIC_SUFFIX", violations);
    return std::nullopt;
  }
  return host;
}

std::optional<std::string> CheckEmailAddress(const std::string& field, const std::string& text,
                                             std::vector<FieldViolation>* violations) {
  const std::string trimmed(absl::StripAsciiWhitespace(text));
  if (trimmed.empty()) {
    Add(field, "is required: an e-mail address", "REQUIRED", violations);
    return std::nullopt;
  }
  const bool ascii = std::all_of(trimmed.begin(), trimmed.end(), [](unsigned char c) { return c < 0x80; });
  const size_t at = trimmed.rfind('@');
  if (!ascii || trimmed.size() > kMaxEmailLength || at == std::string::npos ||
      !IsLocalPart(absl::string_view(trimmed).substr(0, at))) {
    Add(field, absl::StrCat("must be an e-mail address of at most ", kMaxEmailLength, " ASCII characters"),
        "EMAIL_ADDRESS", violations);
    return std::nullopt;
  }
  std::vector<FieldViolation> of_domain;
  const auto domain = CheckDomainName(field, trimmed.substr(at + 1), &of_domain);
  if (!domain.has_value()) {
    Add(field, absl::StrCat("the domain after the @ ", of_domain.front().description), "EMAIL_ADDRESS", violations);
    return std::nullopt;
  }
  return absl::StrCat(trimmed.substr(0, at + 1), *domain);
}

std::string DomainOfEmail(const std::string& address) { return address.substr(address.rfind('@') + 1); }

}  // namespace clientele::market
