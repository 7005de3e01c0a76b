#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/revision.h"
#include "common/market/cloud.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/domain/partner_fact.h"

namespace clientele::invitation {

// What is known beside the invitation when it is to be sent.
struct SendingFacts {
  std::optional<PartnerFact> partner;
  std::string open_twin;  // name of another invitation that waits for the same target; empty: none
  int mails_today = 0;    // that the partner has sent on the day of `now` (UTC)
};

// DRAFT → OPEN: the first link, and its mail queued where there is an address. INVALID_STATE_TRANSITION,
// ALREADY_IN_STATE, PARTNER_UNKNOWN, MPA_NOT_SIGNED; ALREADY_EXISTS/DUPLICATE_INVITATION;
// RESOURCE_EXHAUSTED/INVITATION_QUOTA with QuotaFailure and RetryInfo.
absl::StatusOr<Revision<Invitation>> Send(const Invitation& current, const SendingFacts& facts,
                                          const market::InvitationPolicy& policy, absl::Time now);

// A new link, mail and lifetime for an OPEN one; the older link is void. `lifetime_days` was checked; 0 keeps the
// lifetime it was made with. Errors as Send, and INVITATION_BEING_ACCEPTED.
absl::StatusOr<Revision<Invitation>> Resend(const Invitation& current, int lifetime_days, const SendingFacts& facts,
                                            const market::InvitationPolicy& policy, absl::Time now);

// Ends. INVALID_STATE_TRANSITION, ALREADY_IN_STATE, INVITATION_BEING_ACCEPTED. A mail that still waits is not sent.
absl::StatusOr<Revision<Invitation>> Cancel(const Invitation& current, const std::string& reason, absl::Time now);
absl::StatusOr<Revision<Invitation>> Decline(const Invitation& current, const std::string& reason, absl::Time now);
// For an OPEN invitation whose time has passed at `now`.
absl::StatusOr<Revision<Invitation>> Expire(const Invitation& current, absl::Time now);

// A closed invitation's queued mail never leaves: the delivery says so. Adds to `revision` what changed.
void DropQueuedMail(Revision<Invitation>& revision);

}  // namespace clientele::invitation
