#include <utility>

#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/customer/api/grpc_services.h"

namespace clientele::customer {
namespace {

class CustomerGrpc final : public v1::CustomerService::CallbackService {
 public:
  CustomerGrpc(rpc::Dispatcher& dispatcher, CustomerHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* CreateCustomer(grpc::CallbackServerContext* context,
                                           const v1::CreateCustomerRequest* request, v1::Customer* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.create);
  }
  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context, const v1::GetCustomerRequest* request,
                                        v1::Customer* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.get);
  }
  grpc::ServerUnaryReactor* ListCustomers(grpc::CallbackServerContext* context, const v1::ListCustomersRequest* request,
                                          v1::ListCustomersResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.list);
  }
  grpc::ServerUnaryReactor* UpdateCustomer(grpc::CallbackServerContext* context,
                                           const v1::UpdateCustomerRequest* request, v1::Customer* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.update);
  }
  grpc::ServerUnaryReactor* BatchImportCustomers(grpc::CallbackServerContext* context,
                                                 const v1::BatchImportCustomersRequest* request,
                                                 v1::BatchImportCustomersResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.import);
  }
  grpc::ServerUnaryReactor* CheckDomainAvailability(grpc::CallbackServerContext* context,
                                                    const v1::CheckDomainAvailabilityRequest* request,
                                                    v1::CheckDomainAvailabilityResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.check_domain);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const CustomerHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCustomerService(rpc::Dispatcher& dispatcher, CustomerHandlers handlers) {
  return std::make_unique<CustomerGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::customer
