#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/customer_relationships.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/terminate_customer_relationship.h"

namespace clientele::relationship {
namespace {

class RelationshipGrpc final : public rpc::Service {
 public:
  RelationshipGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::RelationshipService::service_full_name(), dispatcher), parts_(parts) {
    Serve("GetCustomerRelationship", rpc::Async(&relationship::GetCustomerRelationship, parts_.relationship_reads));
    Serve("ListCustomerRelationships", rpc::OnWorker(&relationship::ListCustomerRelationships, parts_.page_tokens));
    Serve("TerminateCustomerRelationship",
          rpc::Async(&relationship::TerminateCustomerRelationship, parts_.relationships, parts_.termination,
                     parts_.sagas, parts_.executor));
    Serve("EstablishCustomerRelationships",
          rpc::OnWorker(&relationship::EstablishCustomerRelationships, parts_.establishments, parts_.cloud));
    Serve("WithdrawCustomerRelationship",
          rpc::OnWorker(&relationship::WithdrawCustomerRelationship, parts_.relationships));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeRelationshipService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<RelationshipGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
