#pragma once

#include <string>

#include "common/pg/statement.h"
#include "services/relationship/domain/partner.h"

namespace clientele::relationship {

// Columns of `partner AS p` in the order that ReadPartner takes them.
inline constexpr char kPartnerColumns[] =
    "p.id, p.display_name, p.mpn_id, p.country, p.region, p.kinds, p.agreement_state, p.tenant_issuer, p.tenant_id, "
    "p.revision, p.create_time, p.update_time";
inline constexpr int kPartnerColumnCount = 12;

Partner ReadPartner(pg::RowReader& row);

}  // namespace clientele::relationship
