#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pg/session.h"
#include "services/customer/domain/partner.h"

// The copy of partners, fed by their owner.
namespace clientele::customer {

// Keeps the newer of what stands and `fact`, by its revision.
absl::Status KeepPartnerFact(pg::Session& session, const PartnerFact& fact);

absl::StatusOr<std::optional<PartnerFact>> FindPartnerFact(pg::Session& session, const std::string& partner);

}  // namespace clientele::customer
