#include "services/relationship/domain/resource_name.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace clientele::relationship {

std::string PartnerName(absl::string_view partner) { return absl::StrCat("partners/", partner); }

std::string CustomerRelationshipName(absl::string_view partner, absl::string_view customer) {
  return absl::StrCat("partners/", partner, "/customerRelationships/", customer);
}

std::string TerminationHoldName(absl::string_view partner, absl::string_view customer, absl::string_view hold) {
  return absl::StrCat(CustomerRelationshipName(partner, customer), "/terminationHolds/", hold);
}

ResourceIds IdsOf(absl::string_view name) {
  const std::vector<std::string> segments = absl::StrSplit(name, '/');
  const auto at = [&](size_t index) { return index < segments.size() ? segments[index] : std::string(); };
  return {at(1), at(3), at(5)};
}

}  // namespace clientele::relationship
