#pragma once

#include <functional>

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/pg/command.h"
#include "common/pg/executor.h"
#include "common/rpc/call.h"
#include "common/saga/saga.h"
#include "services/invitation/domain/acceptance.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/invitation_store.h"

// What the holder of a link does with it.
namespace clientele::invitation {

// The saga that carries out an acceptance, leased to this replica; its id is the store's to give.
using StartAcceptance =
    std::function<pg::SagaStart(const Invitation& accepting, const Acceptance& acceptance, const Invitee& invitee)>;

struct AnswerDeps {
  const InvitationStore& invitations;
  const InvitationTokens& tokens;
  const market::Markets& markets;
  pg::Executor& executor;
  saga::Runner& sagas;
  StartAcceptance start;
};

rpc::Handler<v1::LookupInvitationRequest, v1::LookupInvitationResponse> LookupInvitationHandler(const AnswerDeps& deps);
rpc::Handler<v1::AcceptInvitationRequest, v1::AcceptInvitationResponse> AcceptInvitationHandler(const AnswerDeps& deps);
rpc::Handler<v1::DeclineInvitationRequest, v1::DeclineInvitationResponse> DeclineInvitationHandler(
    const AnswerDeps& deps);

}  // namespace clientele::invitation
