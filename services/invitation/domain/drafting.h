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

// What a partner asks for when it makes an invitation.
struct InvitationDraft {
  int kind = 0;
  std::optional<InvitationTarget> target;
  std::string recipient_email;
  std::string locale;
  std::string message;
  int lifetime_days = 0;
};

// The draft as an invitation without id, revision and times. INVALID_FIELD with every violation at once.
absl::StatusOr<Invitation> CheckDraft(const InvitationDraft& draft, const market::Cloud& cloud);

// The lifetime for `days` (0 is the policy's default); nullopt and a violation of `field` outside the policy's bounds.
std::optional<int> CheckLifetime(const std::string& field, int days, const market::InvitationPolicy& policy,
                                 std::vector<FieldViolation>* violations);

// What is known beside the draft when it is to be made.
struct DraftingFacts {
  std::optional<PartnerFact> partner;
  // The customer of this partner that the target's organisation is; empty where it is none.
  std::string linked_customer;
  // Name of the invitation for the same target that waits for an answer; empty where there is none.
  std::string open_twin;
};

// The first revision of a checked draft. FAILED_PRECONDITION/PARTNER_UNKNOWN, MPA_NOT_SIGNED;
// ALREADY_EXISTS/CUSTOMER_ALREADY_LINKED, DUPLICATE_INVITATION.
absl::StatusOr<Revision<Invitation>> MakeDraft(const Invitation& checked, const std::string& id,
                                               const std::string& partner, const DraftingFacts& facts, absl::Time now);

// Whether the partner may invite: FAILED_PRECONDITION/PARTNER_UNKNOWN, MPA_NOT_SIGNED.
absl::Status CheckStanding(const std::optional<PartnerFact>& fact, const std::string& partner);
// FAILED_PRECONDITION/PARTNER_UNKNOWN with RetryInfo: the partner's facts have not come yet.
absl::Status PartnerUnknown(const std::string& partner);
// ALREADY_EXISTS/DUPLICATE_INVITATION.
absl::Status DuplicateInvitation(const std::string& open_twin);

}  // namespace clientele::invitation
