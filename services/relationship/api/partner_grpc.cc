#include "clientele/relationship/v1/partner_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/partners.h"

namespace clientele::relationship {
namespace {

class PartnerGrpc final : public v1::PartnerService::CallbackService {
 public:
  PartnerGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(CreatePartner, v1::CreatePartnerRequest, v1::Partner,
                rpc::OnWorker(&relationship::CreatePartner, parts_.partners, parts_.markets, parts_.cloud)
                    .Checking(&CheckCreatePartner, parts_.markets, parts_.cloud))
  CLIENTELE_RPC(GetPartner, v1::GetPartnerRequest, v1::Partner,
                rpc::Async(&relationship::GetPartner, parts_.partner_reads))
  CLIENTELE_RPC(ListPartners, v1::ListPartnersRequest, v1::ListPartnersResponse,
                rpc::OnWorker(&relationship::ListPartners, parts_.page_tokens))
  CLIENTELE_RPC(UpdatePartner, v1::UpdatePartnerRequest, v1::Partner,
                rpc::OnWorker(&relationship::UpdatePartner, parts_.partners, parts_.cloud)
                    .Checking(&CheckUpdatePartner, parts_.cloud))
};

}  // namespace

std::unique_ptr<grpc::Service> MakePartnerService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<PartnerGrpc>(dispatcher, parts);
}

}  // namespace clientele::relationship
