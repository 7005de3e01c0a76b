#pragma once

#include <memory>

#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/rpc/page_token.h"
#include "services/relationship/api/customer_relationships.h"
#include "services/relationship/api/partners.h"
#include "services/relationship/api/terminate_customer_relationship.h"
#include "services/relationship/storage/hold_store.h"

namespace clientele::rpc {
class AsyncService;
class Dispatcher;
}  // namespace clientele::rpc

// The gRPC services of this binary: a function and a unit for each, with a line for each RPC.
namespace clientele::relationship {

// What their RPCs work with. All outlive the services, as the dispatcher does.
struct Parts {
  const PartnerStore& partners;
  PartnerReads& partner_reads;
  const RelationshipStore& relationships;
  RelationshipReads& relationship_reads;
  const EstablishStore& establishments;
  const HoldStore& holds;
  TerminationSaga termination;
  saga::Runner& sagas;
  pg::Executor& executor;
  const rpc::PageTokens& page_tokens;
  const market::Markets& markets;
  const market::Cloud& cloud;
};

std::unique_ptr<rpc::AsyncService> MakePartnerService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<rpc::AsyncService> MakeRelationshipService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<rpc::AsyncService> MakeTerminationHoldService(rpc::Dispatcher& dispatcher, const Parts& parts);

}  // namespace clientele::relationship
