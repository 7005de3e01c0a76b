#pragma once

#include <string>

#include "common/core/clock.h"
#include "common/saga/saga.h"
#include "services/invitation/api/answer_invitation.h"
#include "services/invitation/storage/invitation_store.h"
#include "services/invitation/workflows/peers.h"

namespace clientele::invitation {

// Saga invitation.accept: the customer's organisation → the relationship → the partner's account of it → ACCEPTED.
// What is refused for good takes a relationship back that this saga made stand, brings the invitation back and reaches
// the caller unchanged.
saga::Definition AcceptSaga(const InvitationStore& invitations, const Peers& peers, const Clock& clock);

// What starts it, leased to `owner`. `cloud` tells which domains cannot be an organisation's.
StartAcceptance StartAcceptSaga(const std::string& owner, const market::Cloud& cloud);

}  // namespace clientele::invitation
