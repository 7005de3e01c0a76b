#pragma once

#include <memory>

#include "clientele/relationship/v1/relationship_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/establish_store.h"
#include "services/relationship/storage/relationship_store.h"

// The RPCs of RelationshipService that read relationships, make them stand and take them back; see
// terminate_customer_relationship.h for their end. What a handler is made from outlives its calls.
namespace clientele::relationship {

void GetCustomerRelationship(const std::shared_ptr<rpc::Call>& call,
                             const std::shared_ptr<const v1::GetCustomerRelationshipRequest>& request,
                             const rpc::Reply<v1::CustomerRelationship>& reply, RelationshipReads& reads);
absl::Status ListCustomerRelationships(pg::Session& session, rpc::Call& call,
                                       const v1::ListCustomerRelationshipsRequest& request,
                                       v1::ListCustomerRelationshipsResponse& response, const rpc::PageTokens& tokens);
absl::StatusOr<v1::EstablishCustomerRelationshipsResponse> EstablishCustomerRelationships(
    pg::Session& session, rpc::Call& call, const v1::EstablishCustomerRelationshipsRequest& request,
    const EstablishStore& relationships, const market::Cloud& cloud);
absl::StatusOr<v1::CustomerRelationship> WithdrawCustomerRelationship(
    pg::Session& session, rpc::Call& call, const v1::WithdrawCustomerRelationshipRequest& request,
    const RelationshipStore& relationships);

}  // namespace clientele::relationship
