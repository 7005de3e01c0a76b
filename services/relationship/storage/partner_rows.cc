#include "services/relationship/storage/partner_rows.h"

#include "absl/strings/numbers.h"

namespace clientele::relationship {

Partner ReadPartner(pg::RowReader& row) {
  Partner partner;
  partner.id = row.Text();
  partner.display_name = row.Text();
  partner.mpn_id = row.Text();
  partner.country = row.Text();
  partner.region = row.Text();
  for (const std::string& text : row.TextArray()) {
    int kind = 0;
    if (absl::SimpleAtoi(text, &kind)) partner.kinds.insert(static_cast<PartnerKind>(kind));
  }
  partner.agreement_state = static_cast<AgreementState>(row.Int());
  if (row.IsNull()) {
    row.Skip(2);
  } else {
    DirectoryTenant tenant;
    tenant.issuer = row.Text();
    tenant.tenant_id = row.Text();
    partner.directory_tenant = std::move(tenant);
  }
  partner.revision = row.Int();
  partner.create_time = row.Time();
  partner.update_time = row.Time();
  return partner;
}

}  // namespace clientele::relationship
