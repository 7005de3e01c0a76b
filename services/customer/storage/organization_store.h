#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/session.h"
#include "services/customer/domain/organization.h"

namespace clientele::customer {

// Finds the organisation of `keys`; with `reserve` makes it, or gives it what it lacks. See domain Resolve for errors.
absl::StatusOr<Organization> ResolveOrganization(pg::Session& session, CallContext& call, const OrganizationKeys& keys,
                                                 bool reserve);

// Who has a domain.
struct DomainHolder {
  bool taken = false;
  // The partner's own account of it, if it has one that is past its making.
  std::string customer;
  bool active = false;
};
absl::StatusOr<DomainHolder> FindDomain(pg::Session& session, const std::string& partner, const std::string& domain);

}  // namespace clientele::customer
