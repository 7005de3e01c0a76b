#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/core/call_context.h"
#include "common/market/cloud.h"
#include "common/pg/executor.h"
#include "common/rpc/call.h"
#include "services/invitation/domain/invitation_target.h"
#include "services/invitation/storage/invitation_store.h"

namespace clientele::invitation {

// Asks customer-service for the customer of `partner` that a domain's or tenant's organisation is; empty where it is
// none. Must not block; `done` runs on any thread.
using FindLinkedCustomer =
    std::function<void(const CallContext& call, const std::string& partner, const InvitationTarget& target,
                       std::function<void(absl::StatusOr<std::string>, Consistency)> done)>;

absl::Status CheckCreateInvitation(const rpc::Call& call, const v1::CreateInvitationRequest& request,
                                   const market::Cloud& cloud);
void CreateInvitation(const std::shared_ptr<rpc::Call>& call,
                      const std::shared_ptr<const v1::CreateInvitationRequest>& request,
                      const rpc::Reply<v1::Invitation>& reply, const InvitationStore& invitations,
                      const market::Cloud& cloud, pg::Executor& executor, const FindLinkedCustomer& find_linked);

}  // namespace clientele::invitation
