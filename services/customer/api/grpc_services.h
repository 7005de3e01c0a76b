#pragma once

#include <memory>

#include "common/rpc/page_token.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/import_source_store.h"

namespace grpc {
class Service;
}  // namespace grpc
namespace clientele::rpc {
class Dispatcher;
}  // namespace clientele::rpc

// The gRPC services of this binary: a function and a unit for each, with a line for each RPC.
namespace clientele::customer {

// What their RPCs work with. All outlive the services, as the dispatcher does.
struct Parts {
  const CustomerStore& customers;
  const ImportSourceStore& sources;
  const rpc::PageTokens& page_tokens;
  Provisioning provisioning;
};

std::unique_ptr<grpc::Service> MakeCustomerService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<grpc::Service> MakeImportSourceService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<grpc::Service> MakeAccountService(rpc::Dispatcher& dispatcher, const Parts& parts);

}  // namespace clientele::customer
