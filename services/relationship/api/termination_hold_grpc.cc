#include "clientele/relationship/v1/termination_hold_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/termination_holds.h"

namespace clientele::relationship {
namespace {

class TerminationHoldGrpc final : public rpc::Service {
 public:
  TerminationHoldGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::TerminationHoldService::service_full_name(), dispatcher), parts_(parts) {
    Serve("UpsertTerminationHold", rpc::OnWorker(&relationship::UpsertTerminationHold, parts_.holds));
    Serve("DeleteTerminationHold", rpc::OnWorker(&relationship::DeleteTerminationHold, parts_.holds));
    Serve("ListTerminationHolds", rpc::OnWorker(&relationship::ListTerminationHolds, parts_.page_tokens));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeTerminationHoldService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<TerminationHoldGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
