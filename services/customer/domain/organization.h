#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// What all partners of a company share: its id, domains and directory tenants.
struct Organization {
  std::string id;
  int64_t revision = 0;  // 0: not there yet
  std::string primary_domain;
  std::vector<std::string> custom_domains;
  std::vector<DirectoryTenant> tenants;
  bool provisional = false;     // a saga that may still be refused made it
  bool account_active = false;  // the partner asked about has an ACTIVE account of it
};

// What somebody knows of an organisation and wants to find it by.
struct OrganizationKeys {
  std::optional<DirectoryTenant> tenant;
  std::vector<std::string> domains;  // the first is the primary one of a new organisation
  std::string partner;               // whose account is asked about; may be empty
};

// An organisation, and what is to be written first.
struct Resolution {
  Organization organization;
  std::vector<std::string> new_domains;
  std::vector<DirectoryTenant> new_tenants;
  bool changed = false;
};

// Finds the organisation of `keys` among those that have one of them. With `reserve` it gets what it lacks of them, is
// made where there is none (with `new_id`), and stands even if the saga that made it is refused.
// FAILED_PRECONDITION/ORGANIZATION_AMBIGUOUS, NOT_FOUND/ORGANIZATION_NOT_FOUND.
absl::StatusOr<Resolution> Resolve(const OrganizationKeys& keys, const std::vector<Organization>& found, bool reserve,
                                   const std::string& new_id);

}  // namespace clientele::customer
