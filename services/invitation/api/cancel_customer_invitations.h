#pragma once

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "services/invitation/storage/invitation_batch.h"

namespace clientele::invitation {

// Internal: batch after batch, each under a key of its own, so that a repeat of the request answers the same count.
absl::StatusOr<v1::CancelCustomerInvitationsResponse> CancelCustomerInvitations(
    pg::Session& session, rpc::Call& call, const v1::CancelCustomerInvitationsRequest& request,
    const InvitationBatch& batch, const market::Cloud& cloud);

}  // namespace clientele::invitation
