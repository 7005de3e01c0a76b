#include "clientele/relationship/v1/partner_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/partners.h"

namespace clientele::relationship {
namespace {

class PartnerGrpc final : public rpc::Service {
 public:
  PartnerGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::PartnerService::service_full_name(), dispatcher), parts_(parts) {
    Serve("CreatePartner", rpc::OnWorker(&relationship::CreatePartner, parts_.partners, parts_.markets, parts_.cloud)
                               .Checking(&CheckCreatePartner, parts_.markets, parts_.cloud));
    Serve("GetPartner", rpc::Async(&relationship::GetPartner, parts_.partner_reads));
    Serve("ListPartners", rpc::OnWorker(&relationship::ListPartners, parts_.page_tokens));
    Serve("UpdatePartner", rpc::OnWorker(&relationship::UpdatePartner, parts_.partners, parts_.cloud)
                               .Checking(&CheckUpdatePartner, parts_.cloud));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakePartnerService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<PartnerGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
