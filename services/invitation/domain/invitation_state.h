#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace clientele::invitation {

// The numbers are those of the contract and of the table.
enum class InvitationState {
  kDraft = 1,
  kOpen = 2,
  kAccepting = 3,
  kAccepted = 4,
  kDeclined = 5,
  kCancelled = 6,
  kExpired = 7,
};

// What moves an invitation.
enum class InvitationAction {
  kSend,
  kResend,
  kAccept,    // the invitee agrees: the saga begins
  kComplete,  // the saga is done
  kReopen,    // the saga was refused for good
  kDecline,
  kCancel,
  kExpire,
};

// The contract's word, such as OPEN.
const char* WordOf(InvitationState state);

// The state that `action` leads to from `from`. FAILED_PRECONDITION with INVITATION_BEING_ACCEPTED for what must wait
// until an acceptance is through, ALREADY_IN_STATE for a repeat, INVALID_STATE_TRANSITION for any other edge.
absl::StatusOr<InvitationState> Next(InvitationState from, InvitationAction action, absl::string_view name);

}  // namespace clientele::invitation
