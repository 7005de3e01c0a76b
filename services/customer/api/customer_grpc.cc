#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/api/import_customers.h"
#include "services/customer/api/read_customers.h"
#include "services/customer/api/update_customer.h"

namespace clientele::customer {
namespace {

class CustomerGrpc final : public v1::CustomerService::CallbackService {
 public:
  CustomerGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(CreateCustomer, v1::CreateCustomerRequest, v1::Customer,
                rpc::Async(&customer::CreateCustomer, parts_.provisioning)
                    .Checking(&CheckCreateCustomer, parts_.provisioning.policy))
  CLIENTELE_RPC(GetCustomer, v1::GetCustomerRequest, v1::Customer,
                rpc::Async(&customer::GetCustomer, parts_.provisioning.reads))
  CLIENTELE_RPC(ListCustomers, v1::ListCustomersRequest, v1::ListCustomersResponse,
                rpc::OnWorker(&customer::ListCustomers, parts_.page_tokens))
  CLIENTELE_RPC(UpdateCustomer, v1::UpdateCustomerRequest, v1::Customer,
                rpc::OnWorker(&customer::UpdateCustomer, parts_.customers, parts_.provisioning.policy)
                    .Checking(&CheckUpdateCustomer, parts_.provisioning.policy))
  CLIENTELE_RPC(BatchImportCustomers, v1::BatchImportCustomersRequest, v1::BatchImportCustomersResponse,
                rpc::Async(&customer::BatchImportCustomers, parts_.provisioning, parts_.sources)
                    .Checking(&CheckBatchImportCustomers))
  CLIENTELE_RPC(CheckDomainAvailability, v1::CheckDomainAvailabilityRequest, v1::CheckDomainAvailabilityResponse,
                rpc::OnWorker(&customer::CheckDomainAvailability, parts_.provisioning.policy))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCustomerService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<CustomerGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
