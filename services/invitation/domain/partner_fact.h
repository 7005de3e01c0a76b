#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace clientele::invitation {

// What this service knows of a partner, from relationship-service's feed.
struct PartnerFact {
  std::string partner;  // id
  std::string display_name;
  std::string country;
  std::string region;
  std::set<std::string> kinds;  // direct_bill, indirect_provider, indirect_reseller
  bool agreement_signed = false;
  int64_t revision = 0;
};

}  // namespace clientele::invitation
