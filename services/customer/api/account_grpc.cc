#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/accounts.h"
#include "services/customer/api/grpc_services.h"

namespace clientele::customer {
namespace {

class AccountGrpc final : public rpc::Service {
 public:
  AccountGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::AccountService::service_full_name(), dispatcher), parts_(parts) {
    Serve("ResolveOrganization", rpc::OnWorker(&customer::ResolveOrganization, parts_.provisioning.policy));
    Serve("UpsertCustomerAccount",
          rpc::OnWorker(&customer::UpsertCustomerAccount, parts_.customers, parts_.provisioning.policy));
    Serve("EndCustomerAccount", rpc::OnWorker(&customer::EndCustomerAccount, parts_.customers));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeAccountService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<AccountGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
