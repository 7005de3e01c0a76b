#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/error.h"
#include "common/core/revision.h"
#include "common/market/cloud.h"
#include "common/market/market.h"

namespace clientele::relationship {

// The numbers are those of the contract and of the table.
enum class PartnerKind { kDirectBill = 1, kIndirectProvider = 2, kIndirectReseller = 3 };
enum class AgreementState { kPending = 1, kSigned = 2 };

struct DirectoryTenant {
  std::string issuer;
  std::string tenant_id;

  friend bool operator==(const DirectoryTenant& a, const DirectoryTenant& b) {
    return a.issuer == b.issuer && a.tenant_id == b.tenant_id;
  }
};

// A company in the reseller programme.
struct Partner {
  std::string id;
  std::string display_name;
  std::string mpn_id;
  std::string country;
  std::string region;
  std::set<PartnerKind> kinds;
  AgreementState agreement_state = AgreementState::kPending;
  std::optional<DirectoryTenant> directory_tenant;
  int64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
};

// What a caller sets; what is nullopt stays as it is.
struct PartnerPatch {
  std::optional<std::string> display_name;
  std::optional<std::string> mpn_id;
  std::optional<std::set<PartnerKind>> kinds;
  std::optional<AgreementState> agreement_state;
  // An inner nullopt takes the tenant away.
  std::optional<std::optional<DirectoryTenant>> directory_tenant;
};

// Violations of `field` for the kinds that the cell's cloud does not have.
void CheckKinds(const std::string& field, const std::vector<PartnerKind>& kinds, const market::Cloud& cloud,
                std::vector<FieldViolation>* violations);
// A tenant without an issuer is one of the cell's own directory.
DirectoryTenant InDirectory(DirectoryTenant tenant, const market::Cloud& cloud);

// The first revision of a partner. `patch` was checked and sets every required field.
Revision<Partner> Register(const std::string& id, const market::Market& market, const PartnerPatch& patch,
                           absl::Time now);

// Applies `patch`, which was checked. INVALID_STATE_TRANSITION where the kinds may not change so.
absl::StatusOr<Revision<Partner>> Revise(const Partner& current, const PartnerPatch& patch, absl::Time now);

// ALREADY_EXISTS/PARTNER_EXISTS: `other` has what `wanted` asks for.
absl::Status PartnerExists(const Partner& other, const Partner& wanted);

}  // namespace clientele::relationship
