#pragma once

#include <functional>
#include <memory>

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

struct AnswerParts {
  const InvitationStore& invitations;
  const InvitationTokens& tokens;
  const market::Markets& markets;
  pg::Executor& executor;
  saga::Runner& sagas;
  StartAcceptance start;
};

absl::StatusOr<v1::LookupInvitationResponse> LookupInvitation(pg::Session& session, rpc::Call& call,
                                                              const v1::LookupInvitationRequest& request,
                                                              const AnswerParts& parts);
absl::Status CheckAcceptInvitation(const rpc::Call& call, const v1::AcceptInvitationRequest& request,
                                   const AnswerParts& parts);
void AcceptInvitation(const std::shared_ptr<rpc::Call>& call,
                      const std::shared_ptr<const v1::AcceptInvitationRequest>& request,
                      const rpc::Reply<v1::AcceptInvitationResponse>& reply, const AnswerParts& parts);
absl::StatusOr<v1::DeclineInvitationResponse> DeclineInvitation(pg::Session& session, rpc::Call& call,
                                                                const v1::DeclineInvitationRequest& request,
                                                                const AnswerParts& parts);

}  // namespace clientele::invitation
