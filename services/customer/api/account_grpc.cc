#include <utility>

#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/customer/api/grpc_services.h"

namespace clientele::customer {
namespace {

class AccountGrpc final : public v1::AccountService::CallbackService {
 public:
  AccountGrpc(rpc::Dispatcher& dispatcher, AccountHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* ResolveOrganization(grpc::CallbackServerContext* context,
                                                const v1::ResolveOrganizationRequest* request,
                                                v1::ResolveOrganizationResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.resolve);
  }
  grpc::ServerUnaryReactor* UpsertCustomerAccount(grpc::CallbackServerContext* context,
                                                  const v1::UpsertCustomerAccountRequest* request,
                                                  v1::Customer* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.upsert);
  }
  grpc::ServerUnaryReactor* EndCustomerAccount(grpc::CallbackServerContext* context,
                                               const v1::EndCustomerAccountRequest* request,
                                               v1::Customer* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.end);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const AccountHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAccountService(rpc::Dispatcher& dispatcher, AccountHandlers handlers) {
  return std::make_unique<AccountGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::customer
