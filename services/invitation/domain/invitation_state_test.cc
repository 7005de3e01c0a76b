#include "services/invitation/domain/invitation_state.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "common/core/error.h"

namespace clientele::invitation {
namespace {

using State = InvitationState;
using Action = InvitationAction;

constexpr State kStates[] = {State::kDraft,    State::kOpen,      State::kAccepting, State::kAccepted,
                             State::kDeclined, State::kCancelled, State::kExpired};
constexpr Action kActions[] = {Action::kSend,   Action::kResend,  Action::kAccept, Action::kComplete,
                               Action::kReopen, Action::kDecline, Action::kCancel, Action::kExpire};
constexpr char kName[] = "partners/p/invitations/i";

// Every legal edge, as the design has them.
const std::map<std::pair<State, Action>, State>& Edges() {
  static const auto* const edges = new std::map<std::pair<State, Action>, State>{
      {{State::kDraft, Action::kSend}, State::kOpen},       {{State::kDraft, Action::kCancel}, State::kCancelled},
      {{State::kOpen, Action::kResend}, State::kOpen},      {{State::kOpen, Action::kAccept}, State::kAccepting},
      {{State::kOpen, Action::kDecline}, State::kDeclined}, {{State::kOpen, Action::kCancel}, State::kCancelled},
      {{State::kOpen, Action::kExpire}, State::kExpired},   {{State::kAccepting, Action::kComplete}, State::kAccepted},
      {{State::kAccepting, Action::kReopen}, State::kOpen},
  };
  return *edges;
}

State TargetOf(Action action) {
  for (const auto& [edge, to] : Edges()) {
    if (edge.second == action) return to;
  }
  return State::kDraft;
}

TEST(InvitationState, EveryEdgeIsLegalOrTellsWhy) {
  for (const State from : kStates) {
    for (const Action action : kActions) {
      SCOPED_TRACE(testing::Message() << WordOf(from) << " by action " << static_cast<int>(action));
      const auto next = Next(from, action, kName);
      const auto edge = Edges().find({from, action});
      if (edge != Edges().end()) {
        ASSERT_TRUE(next.ok()) << next.status();
        EXPECT_EQ(*next, edge->second);
        continue;
      }
      ASSERT_EQ(next.status().code(), absl::StatusCode::kFailedPrecondition);
      const std::string reason = ReasonOf(next.status());
      const bool held = from == State::kAccepting && (action == Action::kDecline || action == Action::kCancel ||
                                                      action == Action::kResend || action == Action::kAccept);
      if (held) {
        EXPECT_EQ(reason, "INVITATION_BEING_ACCEPTED");
        EXPECT_GT(RetryDelayOf(next.status()), absl::ZeroDuration());
        continue;
      }
      EXPECT_EQ(reason, from == TargetOf(action) ? "ALREADY_IN_STATE" : "INVALID_STATE_TRANSITION");
      const ErrorMetadata metadata = MetadataOf(next.status());
      EXPECT_EQ(metadata.at("from"), WordOf(from));
      EXPECT_EQ(metadata.at("to"), WordOf(TargetOf(action)));
      EXPECT_EQ(metadata.at("resource"), kName);
    }
  }
}

}  // namespace
}  // namespace clientele::invitation
