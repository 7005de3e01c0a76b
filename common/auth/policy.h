#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "common/auth/principal.h"

namespace clientele::auth {

// What each role may do, whatever the resource: that is the scope's question. Permissions are the names that the
// protos' method rules carry.
bool Allowed(const Principal& principal, absl::string_view permission);

// True where a customer's user lacks nothing but the role of a global administrator.
bool NeedsCustomerRole(const Principal& principal, absl::string_view permission);

// Every permission that some principal has; a test holds it against the protos.
const std::set<std::string>& KnownPermissions();

}  // namespace clientele::auth
