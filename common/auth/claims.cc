#include "common/auth/claims.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"

namespace clientele::auth {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxSubject = 128;
constexpr size_t kMaxText = 254;
constexpr size_t kMaxItems = 100;
constexpr double kLastSecond = 253402300799;  // 9999-12-31T23:59:59Z

absl::Status BadClaim(absl::string_view claim) {
  return TokenError("TOKEN_CLAIMS", absl::StrCat("the token's claim `", claim, "` is missing or not usable"));
}

std::string Text(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) return "";
  std::string text = found->get<std::string>();
  return text.size() <= kMaxText ? text : "";
}

// Names stand in metadata, logs and audit: printable ASCII that cannot pass for another part of a principal's name.
bool IsSubject(absl::string_view text, absl::string_view punctuation) {
  return !text.empty() && text.size() <= kMaxSubject && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains(punctuation, absl::string_view(reinterpret_cast<char*>(&c), 1));
  });
}

bool Texts(const Json& claims, const char* name, std::vector<std::string>* texts) {
  const auto found = claims.find(name);
  if (found == claims.end()) return true;
  if (!found->is_array() || found->size() > kMaxItems) return false;
  for (const Json& item : *found) {
    if (!item.is_string() || item.get_ref<const std::string&>().size() > kMaxText) return false;
    texts->push_back(item.get<std::string>());
  }
  return true;
}

// nullopt where the claim is absent or no point in time.
std::optional<absl::Time> Time(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kLastSecond)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool HasAudience(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get_ref<const std::string&>() == audience;
  return found->is_array() && std::any_of(found->begin(), found->end(), [&](const Json& item) {
           return item.is_string() && item.get_ref<const std::string&>() == audience;
         });
}

absl::StatusOr<Principal> PartnerPrincipal(const Json& claims, Principal principal, const std::string& subject) {
  principal.partner = Text(claims, "partner");
  if (!Uuid::Parse(principal.partner).has_value()) return BadClaim("partner");
  const bool application = principal.kind == PrincipalKind::kPartnerApplication;
  principal.name = absl::StrCat(application ? "app:" : "user:", subject, "@partners/", principal.partner);
  if (application && claims.contains("on_behalf_of")) {
    principal.on_behalf_of = Text(claims, "on_behalf_of");
    if (!IsSubject(principal.on_behalf_of, "._-~@+:|=")) return BadClaim("on_behalf_of");
  }
  return principal;
}

absl::StatusOr<Principal> CustomerPrincipal(const Json& claims, Principal principal, const std::string& subject) {
  principal.tenant_issuer = Text(claims, "tenant_issuer");
  const bool printable = std::all_of(principal.tenant_issuer.begin(), principal.tenant_issuer.end(),
                                     [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (!absl::StartsWith(principal.tenant_issuer, "https://") || !printable) return BadClaim("tenant_issuer");
  principal.tenant_id = Text(claims, "tenant_id");
  if (!Uuid::Parse(principal.tenant_id).has_value()) return BadClaim("tenant_id");
  const auto verified = claims.find("email_verified");
  if (verified != claims.end() && verified->is_boolean() && verified->get<bool>()) {
    principal.email = absl::AsciiStrToLower(Text(claims, "email"));
  }
  if (!Texts(claims, "domains", &principal.domains)) return BadClaim("domains");
  for (std::string& domain : principal.domains) absl::AsciiStrToLower(&domain);
  principal.name = absl::StrCat("customer:", principal.tenant_issuer, "/", principal.tenant_id, "/", subject);
  return principal;
}

}  // namespace

absl::Status TokenError(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated, reason, message);
}

absl::StatusOr<absl::Time> CheckClaims(const Json& claims, const TokenOptions& options, absl::Time now) {
  const std::optional<absl::Time> expires = Time(claims, "exp");
  if (!expires.has_value()) return BadClaim("exp");
  if (Text(claims, "iss") != options.issuer) return TokenError("TOKEN_ISSUER", "another issuer's token");
  if (!HasAudience(claims, options.audience)) return TokenError("TOKEN_AUDIENCE", "a token for another audience");
  const absl::Time end = *expires + options.leeway;
  if (now >= end) return TokenError("TOKEN_EXPIRED", "the token has expired");
  for (const char* claim : {"nbf", "iat"}) {
    if (!claims.contains(claim)) continue;
    const std::optional<absl::Time> begins = Time(claims, claim);
    if (!begins.has_value()) return BadClaim(claim);
    if (now < *begins - options.leeway) return TokenError("TOKEN_NOT_YET_VALID", "the token is not valid yet");
  }
  return end;
}

absl::StatusOr<Principal> PrincipalOf(const Json& claims) {
  static const auto* const kinds = new std::map<std::string, PrincipalKind>{
      {"partner_user", PrincipalKind::kPartnerUser},
      {"partner_application", PrincipalKind::kPartnerApplication},
      {"application", PrincipalKind::kApplication},
      {"customer", PrincipalKind::kCustomer},
      {"operator", PrincipalKind::kOperator},
      {"reviewer", PrincipalKind::kReviewer},
      {"support_reader", PrincipalKind::kSupportReader},
  };
  const auto kind = kinds->find(Text(claims, "kind"));
  if (kind == kinds->end()) return BadClaim("kind");
  Principal principal;
  principal.kind = kind->second;
  const std::string subject = Text(claims, "sub");
  const bool application = principal.kind == PrincipalKind::kApplication;
  if (!IsSubject(subject, application ? "._-" : "._-~@+:|=")) return BadClaim("sub");
  std::vector<std::string> roles;
  if (!Texts(claims, "roles", &roles)) return BadClaim("roles");
  principal.roles.insert(roles.begin(), roles.end());
  switch (principal.kind) {
    case PrincipalKind::kPartnerUser:
    case PrincipalKind::kPartnerApplication:
      return PartnerPrincipal(claims, std::move(principal), subject);
    case PrincipalKind::kCustomer:
      return CustomerPrincipal(claims, std::move(principal), subject);
    case PrincipalKind::kApplication:
      principal.name = absl::StrCat("app:", subject);
      return principal;
    default:
      principal.name = absl::StrCat(NameOf(principal.kind), ":", subject);
      return principal;
  }
}

}  // namespace clientele::auth
