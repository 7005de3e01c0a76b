#pragma once

#include <memory>

#include "common/market/cloud.h"
#include "common/rpc/page_token.h"
#include "services/invitation/api/answer_invitation.h"
#include "services/invitation/api/create_invitation.h"
#include "services/invitation/api/read_invitation.h"
#include "services/invitation/api/send_invitation.h"
#include "services/invitation/storage/invitation_batch.h"

namespace clientele::rpc {
class AsyncService;
class Dispatcher;
}  // namespace clientele::rpc

// The gRPC services of this binary: a function and a unit for each, with a line for each RPC.
namespace clientele::invitation {

// What their RPCs work with. All outlive the services, as the dispatcher does.
struct Parts {
  const InvitationStore& invitations;
  InvitationReads& reads;
  const InvitationBatch& batch;
  const InvitationTokens& tokens;
  const rpc::PageTokens& page_tokens;
  const market::Cloud& cloud;
  pg::Executor& executor;
  FindLinkedCustomer find_linked;
  SendingParts sending;
  AnswerParts answering;
};

std::unique_ptr<rpc::AsyncService> MakeInvitationService(rpc::Dispatcher& dispatcher, const Parts& parts);

}  // namespace clientele::invitation
