#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// What this service knows of a partner from the feed of its owner. Kinds and agreement state are the numbers of the
// partner's contract.
struct PartnerFact {
  std::string id;
  std::string country;
  std::string region;
  std::set<int> kinds;
  int agreement_state = 0;
  DirectoryTenant directory_tenant;  // empty where the partner has none
  int64_t revision = 0;
};

inline constexpr int kIndirectReseller = 3;  // a partner's kind
inline constexpr int kAgreementSigned = 2;   // an agreement's state

// Whether the partner may have an account of such a customer, as far as this service knows: what `validate_only`
// answers. The owner of relationships decides it for real. `region` is empty where the customer's country is not known.
absl::Status CheckPartner(const PartnerFact& partner, AccountOrigin origin, const std::string& region,
                          const std::vector<DirectoryTenant>& tenants);

}  // namespace clientele::customer
