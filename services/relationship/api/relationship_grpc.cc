#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/customer_relationships.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/terminate_customer_relationship.h"

namespace clientele::relationship {
namespace {

class RelationshipGrpc final : public v1::RelationshipService::CallbackService {
 public:
  RelationshipGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(GetCustomerRelationship, v1::GetCustomerRelationshipRequest, v1::CustomerRelationship,
                rpc::Async(&relationship::GetCustomerRelationship, parts_.relationship_reads))
  CLIENTELE_RPC(ListCustomerRelationships, v1::ListCustomerRelationshipsRequest, v1::ListCustomerRelationshipsResponse,
                rpc::OnWorker(&relationship::ListCustomerRelationships, parts_.page_tokens))
  CLIENTELE_RPC(TerminateCustomerRelationship, v1::TerminateCustomerRelationshipRequest, v1::CustomerRelationship,
                rpc::Async(&relationship::TerminateCustomerRelationship, parts_.relationships, parts_.termination,
                           parts_.sagas, parts_.executor))
  CLIENTELE_RPC(EstablishCustomerRelationships, v1::EstablishCustomerRelationshipsRequest,
                v1::EstablishCustomerRelationshipsResponse,
                rpc::OnWorker(&relationship::EstablishCustomerRelationships, parts_.establishments, parts_.cloud))
  CLIENTELE_RPC(WithdrawCustomerRelationship, v1::WithdrawCustomerRelationshipRequest, v1::CustomerRelationship,
                rpc::OnWorker(&relationship::WithdrawCustomerRelationship, parts_.relationships))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRelationshipService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<RelationshipGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
