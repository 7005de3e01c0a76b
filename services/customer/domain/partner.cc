#include "services/customer/domain/partner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"

namespace clientele::customer {

absl::Status CheckPartner(const PartnerFact& partner, AccountOrigin origin, const std::string& region,
                          const std::vector<DirectoryTenant>& tenants) {
  const std::string name = PartnerName(partner.id);
  if (origin == AccountOrigin::kCreate && partner.kinds == std::set<int>{kIndirectReseller}) {
    return MakeError(absl::StatusCode::kPermissionDenied, "RESELLER_CANNOT_CREATE_CUSTOMER",
                     "an indirect reseller cannot create customers; its provider does", {{"partner", name}});
  }
  if (partner.agreement_state != kAgreementSigned) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "MPA_NOT_SIGNED",
                     "the partner has not signed the partner agreement", {{"partner", name}, {"pc_code", "2203"}});
  }
  if (!region.empty() && region != partner.region) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "REGION_MISMATCH",
        absl::StrCat("the customer lies in the region ", region, ", the partner in ", partner.region),
        {{"partner", name}, {"customer_region", region}, {"partner_region", partner.region}, {"pc_code", "2201"}});
  }
  const bool own = !partner.directory_tenant.tenant_id.empty() &&
                   std::find(tenants.begin(), tenants.end(), partner.directory_tenant) != tenants.end();
  if (own) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "PARTNER_IS_CUSTOMER", "a partner cannot sell to itself",
                     {{"partner", name}});
  }
  return absl::OkStatus();
}

}  // namespace clientele::customer
