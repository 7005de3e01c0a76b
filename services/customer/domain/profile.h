#pragma once

#include <string>
#include <vector>

#include "common/core/error.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "services/customer/domain/customer.h"

// The rules of what an account says of a company. Each brings fields into the form they are stored in and adds every
// violation with its path, which begins with `path` ("customer.", or empty).
namespace clientele::customer {

// What the rules are judged by. Outlives every call.
struct Policy {
  const market::Markets& markets;
  const market::Cloud& cloud;
};

enum class BillingRule {
  kDemanded,  // an account without a billing profile is refused
  kOptional,  // checked where it is there: a list may come without
};

// Company name, registration number, billing profile and contacts, against the country of the billing profile. Sets
// `profile_complete`.
void CheckProfile(const Policy& policy, BillingRule rule, const std::string& path, Customer& customer,
                  std::vector<FieldViolation>* violations);

// A domain that an organisation can be known by: registered, and no free mail provider's.
void CheckOrganizationDomain(const Policy& policy, const std::string& field, std::string& domain,
                             std::vector<FieldViolation>* violations);

// An empty issuer is the cell's vendor directory.
void CompleteTenants(const Policy& policy, std::vector<DirectoryTenant>& tenants);

// Country of the billing profile; empty where there is none.
std::string CountryOf(const Customer& customer);

}  // namespace clientele::customer
