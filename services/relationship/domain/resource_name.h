#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace clientele::relationship {

// The names of this service's resources, and the ids in them.
std::string PartnerName(absl::string_view partner);
std::string CustomerRelationshipName(absl::string_view partner, absl::string_view customer);
std::string TerminationHoldName(absl::string_view partner, absl::string_view customer, absl::string_view hold);

struct ResourceIds {
  std::string partner;
  std::string customer;
  std::string hold;
};

// The ids of a name whose shape was checked already; empty where the name is shorter.
ResourceIds IdsOf(absl::string_view name);

}  // namespace clientele::relationship
