#pragma once

#include <functional>
#include <memory>
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

// Writes TERMINATING and the saga in the write lane, waits for the saga without a worker, and answers the relationship
// as it is then.
void TerminateCustomerRelationship(const std::shared_ptr<rpc::Call>& call,
                                   const std::shared_ptr<const v1::TerminateCustomerRelationshipRequest>& request,
                                   const rpc::Reply<v1::CustomerRelationship>& reply,
                                   const RelationshipStore& relationships, TerminationSaga saga, saga::Runner& runner,
                                   pg::Executor& executor);

}  // namespace clientele::relationship
