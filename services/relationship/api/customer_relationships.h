#pragma once

#include "clientele/relationship/v1/relationship_service.pb.h"
#include "common/market/cloud.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/establish_store.h"
#include "services/relationship/storage/relationship_store.h"

// The RPCs of RelationshipService that read relationships, make them stand and take them back; see
// terminate_customer_relationship.h for their end. What a handler is made from outlives its calls.
namespace clientele::relationship {

rpc::Handler<v1::GetCustomerRelationshipRequest, v1::CustomerRelationship> GetCustomerRelationshipHandler(
    RelationshipReads& reads);
rpc::Handler<v1::ListCustomerRelationshipsRequest, v1::ListCustomerRelationshipsResponse>
ListCustomerRelationshipsHandler(const rpc::PageTokens& tokens);
rpc::Handler<v1::EstablishCustomerRelationshipsRequest, v1::EstablishCustomerRelationshipsResponse>
EstablishCustomerRelationshipsHandler(const EstablishStore& relationships, const market::Cloud& cloud);
rpc::Handler<v1::WithdrawCustomerRelationshipRequest, v1::CustomerRelationship> WithdrawCustomerRelationshipHandler(
    const RelationshipStore& relationships);

}  // namespace clientele::relationship
