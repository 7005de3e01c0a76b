#include "services/customer/workflows/relationship_client.h"

#include <utility>

#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/channel.h"

namespace clientele::customer {

Establish EstablishAt(const rpc::PeerChannel& to) {
  using relationship::v1::RelationshipService;
  return [peer = rpc::Peer<RelationshipService>(to)](
             const CallContext& call, const EstablishRequest& request,
             std::function<void(absl::StatusOr<EstablishResponse>, Consistency)> done) {
    peer.Call(&RelationshipService::StubInterface::PrepareAsyncEstablishCustomerRelationships, call, call.deadline,
              request, std::move(done));
  };
}

}  // namespace clientele::customer
