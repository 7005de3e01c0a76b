#pragma once

#include <functional>

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/invitation_store.h"

// What a partner does with an invitation it has made.
namespace clientele::invitation {

struct SendingParts {
  const InvitationStore& invitations;
  const InvitationTokens& tokens;
  const market::Cloud& cloud;
  // Called after a mail was queued, so that it need not wait for the queue's next look.
  std::function<void()> mail_queued;
};

absl::StatusOr<v1::Invitation> SendInvitation(pg::Session& session, rpc::Call& call,
                                              const v1::SendInvitationRequest& request, const SendingParts& parts);
absl::Status CheckResendInvitation(const rpc::Call& call, const v1::ResendInvitationRequest& request,
                                   const SendingParts& parts);
absl::StatusOr<v1::Invitation> ResendInvitation(pg::Session& session, rpc::Call& call,
                                                const v1::ResendInvitationRequest& request, const SendingParts& parts);
absl::StatusOr<v1::Invitation> CancelInvitation(pg::Session& session, rpc::Call& call,
                                                const v1::CancelInvitationRequest& request, const SendingParts& parts);

}  // namespace clientele::invitation
