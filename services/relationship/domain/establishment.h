#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/market/market.h"
#include "services/relationship/domain/customer_relationship.h"
#include "services/relationship/domain/partner.h"

namespace clientele::relationship {

// A relationship that another service wants to stand.
struct Establishment {
  std::string partner;
  std::string customer;
  RelationshipOrigin origin = RelationshipOrigin::kCreate;
  std::string established_by;
  std::string country;                             // empty: the partner's region
  std::vector<DirectoryTenant> directory_tenants;  // the customer's, with their issuers
  std::optional<absl::Time> list_time;             // import: when the portal made its list
};

// What is to be done about it.
struct Establishing {
  Revision<CustomerRelationship> revision;  // no changed field: nothing to write
  bool already_stood = false;               // before this request
};

// Decides on `wanted`, asked for with `request_id`. `partner` and `current` (the pair's row) are null where there is
// none. A live relationship is answered as it is, whatever the partner has become since. A request makes a pair stand
// at most once: repeated after the end, it is told so. INVALID_FIELD for a country that is none, below `field`;
// PARTNER_NOT_FOUND, RESELLER_CANNOT_CREATE_CUSTOMER, MPA_NOT_SIGNED, REGION_MISMATCH, PARTNER_IS_CUSTOMER,
// RELATIONSHIP_TERMINATING, RELATIONSHIP_ENDED.
absl::StatusOr<Establishing> Establish(const Establishment& wanted, const std::string& field,
                                       const std::string& request_id, const Partner* partner,
                                       const CustomerRelationship* current, const market::Markets& markets,
                                       absl::Time now);

}  // namespace clientele::relationship
