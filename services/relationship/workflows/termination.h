#pragma once

#include <memory>
#include <string>

#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "common/saga/saga.h"
#include "services/relationship/storage/relationship_store.h"

namespace clientele::relationship {

inline constexpr char kTerminationKind[] = "relationship.terminate";

// First state of the saga for a relationship that is TERMINATING.
std::string FirstTerminationState(const CustomerRelationship& relationship);

// The end of a relationship, from TERMINATING on: the partner's account of the customer ends, the invitations that the
// customer could accept are cancelled, TERMINATED. There is no way back, so no step gives up. The store outlives the
// saga's runner.
using Accounts = rpc::Peer<customer::v1::AccountService>;
using Invitations = rpc::Peer<invitation::v1::InvitationService>;
saga::Definition TerminationDefinition(const Accounts& accounts, const Invitations& invitations,
                                       const RelationshipStore& relationships);

}  // namespace clientele::relationship
