#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/pg/session.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/storage/invitation_closing.h"

namespace clientele::invitation {

// Changes of many invitations at once. Thread-safe.
class InvitationBatch {
 public:
  static constexpr int kMaxRows = 200;

  explicit InvitationBatch(Encode<Invitation> encode) : encode_(std::move(encode)) {}

  // Makes at most kMaxRows invitations EXPIRED whose time has passed; answers how many were due. One that somebody
  // else changes meanwhile is left to the next turn.
  absl::StatusOr<int> ExpireDue(pg::Session& session, CallContext& call) const;

  // Which invitations of a partner a customer could accept.
  struct CustomerMatch {
    std::string partner;               // id
    std::vector<std::string> domains;  // A-labels
    std::vector<std::string> tenants;  // target keys
  };
  // Cancels at most kMaxRows of the OPEN ones, all or none; answers how many. A repeated request_id answers the same.
  // INVITATION_BEING_ACCEPTED, and nothing is cancelled, while one of them is ACCEPTING.
  absl::StatusOr<int> CancelMatching(pg::Session& session, CallContext& call, const CustomerMatch& match) const;

 private:
  const Encode<Invitation> encode_;
};

}  // namespace clientele::invitation
