#pragma once

#include <optional>

#include "absl/status/status.h"
#include "common/pg/session.h"
#include "common/pg/statement.h"
#include "services/invitation/domain/partner_fact.h"

namespace clientele::invitation {

// A fact's columns of table `partner_fact p`, in the order ReadPartnerFact takes them; all NULL where an outer join
// found none.
extern const char kPartnerFactColumns[];
std::optional<PartnerFact> ReadPartnerFact(pg::RowReader& row);

// Keeps the fact where it is newer than what is known. In the transaction of the projection.
absl::Status UpsertPartnerFact(pg::Session& session, const PartnerFact& fact);

}  // namespace clientele::invitation
