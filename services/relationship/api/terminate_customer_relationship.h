#pragma once

#include <functional>
#include <string>

#include "clientele/relationship/v1/relationship_service.pb.h"
#include "common/pg/executor.h"
#include "common/rpc/call.h"
#include "common/saga/saga.h"
#include "services/relationship/storage/relationship_store.h"

namespace clientele::relationship {

// The saga that ends relationships, as the handler starts it.
struct TerminationSaga {
  std::string kind;
  std::function<std::string(const CustomerRelationship&)> first_state;
};

// TerminateCustomerRelationship: writes TERMINATING and the saga in the write lane, waits for the saga without a
// worker, and answers the relationship as it is then. What it is made from outlives its calls.
rpc::Handler<v1::TerminateCustomerRelationshipRequest, v1::CustomerRelationship> TerminateCustomerRelationshipHandler(
    const RelationshipStore& relationships, TerminationSaga saga, saga::Runner& runner, pg::Executor& executor);

}  // namespace clientele::relationship
