#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/core/revision.h"
#include "services/invitation/domain/invitation_state.h"
#include "services/invitation/domain/invitation_target.h"

namespace clientele::invitation {

// The numbers are those of the contract and of the table.
enum class InvitationKind { kReseller = 1 };
enum class DeliveryState { kNone = 1, kQueued = 2, kSent = 3, kFailed = 4 };

// How the last mail fared.
struct Delivery {
  DeliveryState state = DeliveryState::kNone;
  int attempt_count = 0;
  std::optional<absl::Time> send_time;
  std::string last_error;
};

// Where the acceptance under way stands, or why the last one failed.
struct AcceptanceProgress {
  int attempt_count = 0;
  std::optional<absl::Time> next_attempt_time;
  std::string last_error;  // a reason
};

// An offer to a customer to connect with the partner.
struct Invitation {
  std::string id;
  std::string partner;  // id
  InvitationKind kind = InvitationKind::kReseller;
  InvitationState state = InvitationState::kDraft;
  InvitationTarget target;
  std::string recipient_email;  // as the partner gave it; see Recipient
  std::string locale;
  std::string message;
  int lifetime_days = 0;
  std::optional<absl::Time> expire_time;    // unset while DRAFT
  std::optional<absl::Time> reminder_time;  // set by each sending that has a reminder
  Delivery delivery;
  AcceptanceProgress progress;
  std::string accepted_relationship;
  std::string closing_reason;
  int64_t token_generation = 0;  // 0 while DRAFT: there is no link
  int64_t revision = 0;
  // Revision of the last change that was not the mail's own: what the etag is made of, so that a mail on its way
  // breaks nobody's etag.
  int64_t etag_revision = 0;
  absl::Time create_time;
  absl::Time update_time;
};

std::string PartnerName(absl::string_view partner);
std::string InvitationName(absl::string_view partner, absl::string_view invitation);
std::string NameOf(const Invitation& invitation);
std::string EtagOf(const Invitation& invitation);

// Ids in a name whose shape was checked already; `invitation` is empty for a partner's name.
struct NameIds {
  std::string partner;
  std::string invitation;
};
NameIds IdsOf(absl::string_view name);

// NOT_FOUND/INVITATION_NOT_FOUND. `name` may be empty: a token's invitation has no name that its holder may know.
absl::Status InvitationNotFound(absl::string_view name);

// Where the mail goes; empty where the link is handed over by hand.
std::string Recipient(const Invitation& invitation);

// The state at `now`: an OPEN invitation whose time passed is EXPIRED, whether or not the clock has come to it.
InvitationState StateAt(const Invitation& invitation, absl::Time now);
// The invitation as it is shown at `now`.
Invitation ShownAt(Invitation invitation, absl::Time now);

// The next revision of an invitation, as yet without a change.
Revision<Invitation> NextRevision(const Invitation& current, const std::string& type, absl::Time now);

}  // namespace clientele::invitation
