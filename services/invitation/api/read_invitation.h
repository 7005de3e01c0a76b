#pragma once

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/invitation_store.h"

namespace clientele::invitation {

// The link where the caller may send the invitation and it is OPEN at `now`; else empty.
std::string AcceptUriFor(const rpc::Call& call, const Invitation& invitation, const InvitationTokens& tokens);

rpc::Handler<v1::GetInvitationRequest, v1::Invitation> GetInvitationHandler(InvitationReads& reads,
                                                                            const InvitationTokens& tokens);

rpc::Handler<v1::ListInvitationsRequest, v1::ListInvitationsResponse> ListInvitationsHandler(
    const rpc::PageTokens& page_tokens);

}  // namespace clientele::invitation
