#pragma once

#include <memory>

#include "clientele/customer/v1/account_service.pb.h"
#include "clientele/customer/v1/customer_service.pb.h"
#include "clientele/customer/v1/import_source_service.pb.h"
#include "common/rpc/call.h"

namespace grpc {
class Service;
}  // namespace grpc
namespace clientele::rpc {
class Dispatcher;
}  // namespace clientele::rpc

// The gRPC services of this binary: one function and one unit for each, one line for each RPC. `dispatcher` outlives
// them.
namespace clientele::customer {

struct CustomerHandlers {
  rpc::Handler<v1::CreateCustomerRequest, v1::Customer> create;
  rpc::Handler<v1::GetCustomerRequest, v1::Customer> get;
  rpc::Handler<v1::ListCustomersRequest, v1::ListCustomersResponse> list;
  rpc::Handler<v1::UpdateCustomerRequest, v1::Customer> update;
  rpc::Handler<v1::BatchImportCustomersRequest, v1::BatchImportCustomersResponse> import;
  rpc::Handler<v1::CheckDomainAvailabilityRequest, v1::CheckDomainAvailabilityResponse> check_domain;
};
std::unique_ptr<grpc::Service> MakeCustomerService(rpc::Dispatcher& dispatcher, CustomerHandlers handlers);

struct ImportSourceHandlers {
  rpc::Handler<v1::CreateImportSourceRequest, v1::ImportSource> create;
  rpc::Handler<v1::GetImportSourceRequest, v1::ImportSource> get;
};
std::unique_ptr<grpc::Service> MakeImportSourceService(rpc::Dispatcher& dispatcher, ImportSourceHandlers handlers);

struct AccountHandlers {
  rpc::Handler<v1::ResolveOrganizationRequest, v1::ResolveOrganizationResponse> resolve;
  rpc::Handler<v1::UpsertCustomerAccountRequest, v1::Customer> upsert;
  rpc::Handler<v1::EndCustomerAccountRequest, v1::Customer> end;
};
std::unique_ptr<grpc::Service> MakeAccountService(rpc::Dispatcher& dispatcher, AccountHandlers handlers);

}  // namespace clientele::customer
