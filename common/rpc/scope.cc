#include "common/rpc/scope.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/auth/policy.h"
#include "common/core/error.h"

namespace clientele::rpc {
namespace {

using auth::PrincipalKind;

ScopeAnswer JudgePartner(const auth::Principal& principal, absl::string_view resource) {
  if (principal.ServesAllPartners()) return ScopeAnswer::kInside;
  const std::vector<absl::string_view> segments = absl::StrSplit(resource, '/');
  if (segments.size() < 2 || segments[0] != "partners" || segments[1] == "-") return ScopeAnswer::kOutside;
  switch (principal.kind) {
    case PrincipalKind::kPartnerUser:
    case PrincipalKind::kPartnerApplication:
      return segments[1] == principal.partner ? ScopeAnswer::kInside : ScopeAnswer::kOutside;
    case PrincipalKind::kApplication:
      return ScopeAnswer::kInside;
    default:
      return ScopeAnswer::kOutside;
  }
}

}  // namespace

ScopeAnswer JudgeScope(const auth::Principal& principal, const type::v1::MethodRule& rule, absl::string_view resource) {
  switch (rule.scope()) {
    case type::v1::SCOPE_PARTNER:
      return JudgePartner(principal, resource);
    case type::v1::SCOPE_PARTNER_OR_CUSTOMER:
      if (principal.kind == PrincipalKind::kCustomer) return ScopeAnswer::kAskOrganisation;
      return JudgePartner(principal, resource);
    case type::v1::SCOPE_SERVICE:
      return principal.kind == PrincipalKind::kPeer ? ScopeAnswer::kInside : ScopeAnswer::kForbidden;
    case type::v1::SCOPE_CELL:
    case type::v1::SCOPE_INVITATION_TOKEN:
      return ScopeAnswer::kInside;
    default:
      return ScopeAnswer::kForbidden;
  }
}

std::string ResourceTypeOf(absl::string_view resource) {
  const std::vector<absl::string_view> segments = absl::StrSplit(resource, '/');
  if (segments.size() < 2) return "RESOURCE";
  std::string type;
  for (const char c : absl::StripSuffix(segments[segments.size() - 2], "s")) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) type.push_back('_');
    type.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  return type;
}

absl::Status OutOfScope(absl::string_view resource) { return NotFound(ResourceTypeOf(resource), resource); }

absl::Status PermissionDenied(const std::string& permission) {
  return MakeError(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED",
                   absl::StrCat("the caller lacks the permission ", permission), {{"permission", permission}});
}

absl::Status CheckPermission(const auth::Principal& principal, const std::string& permission) {
  if (auth::Allowed(principal, permission)) return absl::OkStatus();
  if (!auth::NeedsCustomerRole(principal, permission)) return PermissionDenied(permission);
  return MakeError(absl::StatusCode::kPermissionDenied, "CUSTOMER_ROLE_REQUIRED",
                   "only a global administrator of the customer may do this", {{"permission", permission}});
}

}  // namespace clientele::rpc
