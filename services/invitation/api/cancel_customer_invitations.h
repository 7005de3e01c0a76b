#pragma once

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "services/invitation/storage/invitation_batch.h"

namespace clientele::invitation {

rpc::Handler<v1::CancelCustomerInvitationsRequest, v1::CancelCustomerInvitationsResponse>
CancelCustomerInvitationsHandler(const InvitationBatch& batch, const market::Cloud& cloud);

}  // namespace clientele::invitation
