#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clientele/customer/v1/account_service.pb.h"
#include "clientele/relationship/v1/relationship_service.pb.h"
#include "common/core/call_context.h"

namespace clientele::rpc {
struct PeerChannel;
}  // namespace clientele::rpc

namespace clientele::invitation {

// A call to another service: does not block; `done` runs on any thread, with what the answer lets its reader see.
template <class Request, class Response>
using Remote = std::function<void(const CallContext& call, absl::Time deadline, const Request& request,
                                  std::function<void(absl::StatusOr<Response>, Consistency)> done)>;

// What this service asks of the other two.
struct Peers {
  Remote<customer::v1::ResolveOrganizationRequest, customer::v1::ResolveOrganizationResponse> resolve_organization;
  Remote<customer::v1::UpsertCustomerAccountRequest, customer::v1::Customer> upsert_account;
  Remote<relationship::v1::EstablishCustomerRelationshipsRequest,
         relationship::v1::EstablishCustomerRelationshipsResponse>
      establish_relationships;
  Remote<relationship::v1::WithdrawCustomerRelationshipRequest, relationship::v1::CustomerRelationship>
      withdraw_relationship;
};

Peers MakePeers(const rpc::PeerChannel& customer, const rpc::PeerChannel& relationship);

}  // namespace clientele::invitation
