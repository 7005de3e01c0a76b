#include "services/customer/domain/organization.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/core/error.h"

namespace clientele::customer {
namespace {

std::string Describe(const OrganizationKeys& keys) {
  std::vector<std::string> parts = keys.domains;
  if (keys.tenant.has_value()) parts.insert(parts.begin(), keys.tenant->tenant_id);
  return absl::StrJoin(parts, ", ");
}

absl::Status Ambiguous(const std::vector<Organization>& found) {
  std::vector<PreconditionViolation> violations;
  violations.reserve(found.size());
  for (const Organization& organization : found) {
    violations.push_back({"ORGANIZATION", absl::StrCat("organizations/", organization.id), "has one of the keys"});
  }
  return Blocked("ORGANIZATION_AMBIGUOUS", "tenant and domains belong to more than one organisation", violations);
}

bool HasDomain(const Organization& organization, const std::string& domain) {
  return organization.primary_domain == domain ||
         std::find(organization.custom_domains.begin(), organization.custom_domains.end(), domain) !=
             organization.custom_domains.end();
}

void AddDomain(const std::string& domain, Resolution& resolution) {
  Organization& organization = resolution.organization;
  if (HasDomain(organization, domain)) return;
  resolution.new_domains.push_back(domain);
  if (organization.primary_domain.empty()) {
    organization.primary_domain = domain;
  } else {
    organization.custom_domains.push_back(domain);
  }
}

}  // namespace

absl::StatusOr<Resolution> Resolve(const OrganizationKeys& keys, const std::vector<Organization>& found, bool reserve,
                                   const std::string& new_id) {
  if (found.size() > 1) return Ambiguous(found);
  if (found.empty() && !reserve) return NotFound("ORGANIZATION", Describe(keys));
  Resolution resolution;
  if (found.empty()) {
    resolution.organization.id = new_id;
  } else {
    resolution.organization = found.front();
  }
  if (!reserve) return resolution;
  Organization& organization = resolution.organization;
  for (const std::string& domain : keys.domains) AddDomain(domain, resolution);
  if (keys.tenant.has_value() &&
      std::find(organization.tenants.begin(), organization.tenants.end(), *keys.tenant) == organization.tenants.end()) {
    resolution.new_tenants.push_back(*keys.tenant);
    organization.tenants.push_back(*keys.tenant);
  }
  resolution.changed =
      found.empty() || organization.provisional || !resolution.new_domains.empty() || !resolution.new_tenants.empty();
  organization.provisional = false;
  if (resolution.changed) ++organization.revision;
  return resolution;
}

}  // namespace clientele::customer
