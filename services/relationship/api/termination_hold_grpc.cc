#include "clientele/relationship/v1/termination_hold_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/termination_holds.h"

namespace clientele::relationship {
namespace {

class TerminationHoldGrpc final : public v1::TerminationHoldService::CallbackService {
 public:
  TerminationHoldGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(UpsertTerminationHold, v1::UpsertTerminationHoldRequest, v1::TerminationHold,
                rpc::OnWorker(&relationship::UpsertTerminationHold, parts_.holds))
  CLIENTELE_RPC(DeleteTerminationHold, v1::DeleteTerminationHoldRequest, google::protobuf::Empty,
                rpc::OnWorker(&relationship::DeleteTerminationHold, parts_.holds))
  CLIENTELE_RPC(ListTerminationHolds, v1::ListTerminationHoldsRequest, v1::ListTerminationHoldsResponse,
                rpc::OnWorker(&relationship::ListTerminationHolds, parts_.page_tokens))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTerminationHoldService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<TerminationHoldGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
