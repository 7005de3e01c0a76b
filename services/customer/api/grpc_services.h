#pragma once

#include <memory>

#include "common/rpc/page_token.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/import_source_store.h"

namespace clientele::rpc {
class AsyncService;
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

std::unique_ptr<rpc::AsyncService> MakeCustomerService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<rpc::AsyncService> MakeImportSourceService(rpc::Dispatcher& dispatcher, const Parts& parts);
std::unique_ptr<rpc::AsyncService> MakeAccountService(rpc::Dispatcher& dispatcher, const Parts& parts);

}  // namespace clientele::customer
