#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/accounts.h"
#include "services/customer/api/grpc_services.h"

namespace clientele::customer {
namespace {

class AccountGrpc final : public v1::AccountService::CallbackService {
 public:
  AccountGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(ResolveOrganization, v1::ResolveOrganizationRequest, v1::ResolveOrganizationResponse,
                rpc::OnWorker(&customer::ResolveOrganization, parts_.provisioning.policy))
  CLIENTELE_RPC(UpsertCustomerAccount, v1::UpsertCustomerAccountRequest, v1::Customer,
                rpc::OnWorker(&customer::UpsertCustomerAccount, parts_.customers, parts_.provisioning.policy))
  CLIENTELE_RPC(EndCustomerAccount, v1::EndCustomerAccountRequest, v1::Customer,
                rpc::OnWorker(&customer::EndCustomerAccount, parts_.customers))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAccountService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<AccountGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
