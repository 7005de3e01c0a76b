#include "services/customer/workflows/relationship_client.h"

#include <utility>

#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/channel.h"

namespace clientele::customer {

Establish EstablishOver(std::shared_ptr<grpc::Channel> channel) {
  using relationship::v1::RelationshipService;
  const std::shared_ptr<RelationshipService::StubInterface> stub = RelationshipService::NewStub(channel);
  return [stub](const CallContext& call, const EstablishRequest& request,
                std::function<void(absl::StatusOr<EstablishResponse>, Consistency)> done) {
    rpc::CallAsync<EstablishResponse>(
        stub->async(), &RelationshipService::StubInterface::async_interface::EstablishCustomerRelationships, call,
        call.deadline, request, std::move(done));
  };
}

}  // namespace clientele::customer
