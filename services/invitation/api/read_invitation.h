#pragma once

#include <memory>
#include <string>

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/invitation_store.h"

namespace clientele::invitation {

// The link where the caller may send the invitation and it is OPEN at `now`; else empty.
std::string AcceptUriFor(const rpc::Call& call, const Invitation& invitation, const InvitationTokens& tokens);

void GetInvitation(const std::shared_ptr<rpc::Call>& call,
                   const std::shared_ptr<const v1::GetInvitationRequest>& request,
                   const rpc::Reply<v1::Invitation>& reply, InvitationReads& reads, const InvitationTokens& tokens);
absl::Status ListInvitations(pg::Session& session, rpc::Call& call, const v1::ListInvitationsRequest& request,
                             v1::ListInvitationsResponse& response, const rpc::PageTokens& page_tokens);

}  // namespace clientele::invitation
