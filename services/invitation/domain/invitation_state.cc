#include "services/invitation/domain/invitation_state.h"

#include "absl/strings/str_cat.h"
#include "common/core/bug.h"
#include "common/core/error.h"

namespace clientele::invitation {
namespace {

struct Edge {
  InvitationState from;
  InvitationAction action;
  InvitationState to;
};

using State = InvitationState;
using Action = InvitationAction;

// The whole state machine. An action leads to one state, wherever it starts.
constexpr Edge kEdges[] = {
    {State::kDraft, Action::kSend, State::kOpen},       {State::kDraft, Action::kCancel, State::kCancelled},
    {State::kOpen, Action::kResend, State::kOpen},      {State::kOpen, Action::kAccept, State::kAccepting},
    {State::kOpen, Action::kDecline, State::kDeclined}, {State::kOpen, Action::kCancel, State::kCancelled},
    {State::kOpen, Action::kExpire, State::kExpired},   {State::kAccepting, Action::kComplete, State::kAccepted},
    {State::kAccepting, Action::kReopen, State::kOpen},
};

State Target(Action action) {
  for (const Edge& edge : kEdges) {
    if (edge.action == action) return edge.to;
  }
  CLIENTELE_BUG("an action without an edge");
  return State::kExpired;
}

// What an acceptance under way holds back. Expiry waits as well, but nobody asks for it.
bool WaitsForAcceptance(Action action) {
  return action == Action::kDecline || action == Action::kCancel || action == Action::kResend ||
         action == Action::kAccept;
}

}  // namespace

const char* WordOf(InvitationState state) {
  switch (state) {
    case State::kDraft:
      return "DRAFT";
    case State::kOpen:
      return "OPEN";
    case State::kAccepting:
      return "ACCEPTING";
    case State::kAccepted:
      return "ACCEPTED";
    case State::kDeclined:
      return "DECLINED";
    case State::kCancelled:
      return "CANCELLED";
    case State::kExpired:
      return "EXPIRED";
  }
  return "UNKNOWN";
}

absl::StatusOr<InvitationState> Next(InvitationState from, InvitationAction action, absl::string_view name) {
  for (const Edge& edge : kEdges) {
    if (edge.from == from && edge.action == action) return edge.to;
  }
  if (from == State::kAccepting && WaitsForAcceptance(action)) {
    return WithRetry(MakeError(absl::StatusCode::kFailedPrecondition, "INVITATION_BEING_ACCEPTED",
                               absl::StrCat(name, " is being accepted; wait until that is through"),
                               {{"resource", std::string(name)}}),
                     absl::Seconds(1));
  }
  return InvalidTransition(name, WordOf(from), WordOf(Target(action)));
}

}  // namespace clientele::invitation
