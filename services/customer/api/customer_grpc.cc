#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/api/import_customers.h"
#include "services/customer/api/read_customers.h"
#include "services/customer/api/update_customer.h"

namespace clientele::customer {
namespace {

class CustomerGrpc final : public rpc::Service {
 public:
  CustomerGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::CustomerService::service_full_name(), dispatcher), parts_(parts) {
    Serve("CreateCustomer", rpc::Async(&customer::CreateCustomer, parts_.provisioning)
                                .Checking(&CheckCreateCustomer, parts_.provisioning.policy));
    Serve("GetCustomer", rpc::Async(&customer::GetCustomer, parts_.provisioning.reads));
    Serve("ListCustomers", rpc::OnWorker(&customer::ListCustomers, parts_.page_tokens));
    Serve("UpdateCustomer", rpc::OnWorker(&customer::UpdateCustomer, parts_.customers, parts_.provisioning.policy)
                                .Checking(&CheckUpdateCustomer, parts_.provisioning.policy));
    Serve("BatchImportCustomers", rpc::Async(&customer::BatchImportCustomers, parts_.provisioning, parts_.sources)
                                      .Checking(&CheckBatchImportCustomers));
    Serve("CheckDomainAvailability", rpc::OnWorker(&customer::CheckDomainAvailability, parts_.provisioning.policy));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeCustomerService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<CustomerGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
