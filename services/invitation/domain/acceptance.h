#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/revision.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/domain/partner_fact.h"

namespace clientele::invitation {

// The customer's consent to the customer agreement.
struct Agreement {
  std::string template_id;
  std::string first_name;
  std::string last_name;
  std::string email;
  std::string phone_number;
  std::string date_agreed;  // YYYY-MM-DD
};

// What an administrator sends to accept.
struct Acceptance {
  std::optional<Agreement> agreement;
  std::string company_name;
  std::string country;
};

// Who follows a link, as far as its token proves it.
struct Caller {
  bool is_global_administrator = false;  // of a customer
  Invitee invitee;
};

// The acceptance in the form it is stored in. INVALID_FIELD with every violation; an agreement that is missing is none.
absl::StatusOr<Acceptance> CheckAcceptance(const Acceptance& acceptance, const market::Markets& markets,
                                           absl::Time now);

// The domains that an organisation is told of: the caller's in stored form, the target's first, without those of free
// mail providers; at most `limit`.
std::vector<std::string> OrganizationDomains(const InvitationTarget& target, const Invitee& invitee,
                                             const market::Cloud& cloud, size_t limit);

// Whether the holder of a genuine link of `generation` may look at the invitation: PERMISSION_DENIED with
// CUSTOMER_ROLE_REQUIRED or NOT_INVITEE; NOT_FOUND; FAILED_PRECONDITION with INVITATION_REPLACED, INVITATION_EXPIRED or
// INVITATION_USED.
absl::Status CheckHolder(const Invitation& invitation, int64_t generation, const Caller& caller, absl::Time now);

// OPEN → ACCEPTING. `acceptance` was checked. INVITATION_BEING_ACCEPTED, AGREEMENT_REQUIRED, REGION_MISMATCH,
// PARTNER_UNKNOWN.
absl::StatusOr<Revision<Invitation>> BeginAcceptance(const Invitation& current, const Acceptance& acceptance,
                                                     const std::optional<PartnerFact>& partner,
                                                     const market::Markets& markets, absl::Time now);

// ACCEPTING → ACCEPTED.
absl::StatusOr<Revision<Invitation>> CompleteAcceptance(const Invitation& current, const std::string& relationship,
                                                        absl::Time now);

// ACCEPTING → OPEN with the refusal's reason; EXPIRED where the time passed meanwhile; CANCELLED where the relationship
// has ended, or is being ended as the refusal says.
absl::StatusOr<Revision<Invitation>> ReopenAfterRefusal(const Invitation& current, const absl::Status& refusal,
                                                        bool relationship_ended, absl::Time now);

}  // namespace clientele::invitation
