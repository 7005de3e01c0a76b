#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/auth/principal.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {

// Whether a call's resource lies in the caller's scope, as far as name and principal alone tell.
enum class ScopeAnswer {
  kInside,
  kOutside,          // NOT_FOUND
  kForbidden,        // PERMISSION_DENIED: the scope admits no caller of this kind
  kAskOrganisation,  // inside where the resource's last segment is the caller's organisation
};
ScopeAnswer JudgeScope(const auth::Principal& principal, const type::v1::MethodRule& rule, absl::string_view resource);

// CUSTOMER for partners/…/customers/…: the type of a resource, as reasons name it.
std::string ResourceTypeOf(absl::string_view resource);

// NOT_FOUND/<type>_NOT_FOUND: what a caller is told of what it may not see, or of what is not there.
absl::Status OutOfScope(absl::string_view resource);

// Ok, or PERMISSION_DENIED with the permission that is missing: PERMISSION_DENIED, or CUSTOMER_ROLE_REQUIRED where a
// customer's user is no global administrator.
absl::Status CheckPermission(const auth::Principal& principal, const std::string& permission);
absl::Status PermissionDenied(const std::string& permission);

}  // namespace clientele::rpc
