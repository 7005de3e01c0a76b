#pragma once

#include <string>

#include "clientele/invitation/v1/invitation.pb.h"
#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/auth/principal.h"
#include "services/invitation/domain/acceptance.h"
#include "services/invitation/domain/drafting.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {

// `accept_uri` is empty for those who may not see it.
v1::Invitation ToProto(const Invitation& invitation, const std::string& accept_uri = "");
// Into an empty message.
void Put(const Invitation& invitation, v1::Invitation& message);

InvitationDraft FromProto(const v1::Invitation& invitation);
Acceptance FromProto(const v1::AcceptInvitationRequest& request);
DirectoryTenant FromProto(const type::v1::DirectoryTenant& tenant);

// Who follows a link.
Caller CallerOf(const auth::Principal& principal);

}  // namespace clientele::invitation
