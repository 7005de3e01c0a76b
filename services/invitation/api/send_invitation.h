#pragma once

#include <functional>

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/invitation_store.h"

// What a partner does with an invitation it has made.
namespace clientele::invitation {

struct SendingDeps {
  const InvitationStore& invitations;
  const InvitationTokens& tokens;
  const market::Cloud& cloud;
  // Called after a mail was queued, so that it need not wait for the queue's next look.
  std::function<void()> mail_queued;
};

rpc::Handler<v1::SendInvitationRequest, v1::Invitation> SendInvitationHandler(const SendingDeps& deps);
rpc::Handler<v1::ResendInvitationRequest, v1::Invitation> ResendInvitationHandler(const SendingDeps& deps);
rpc::Handler<v1::CancelInvitationRequest, v1::Invitation> CancelInvitationHandler(const SendingDeps& deps);

}  // namespace clientele::invitation
