#pragma once

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "common/saga/saga.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/provisioning_store.h"

namespace clientele::customer {

// What makes an account out of a request, and the saga that drives it. All outlive the handlers.
struct Provisioning {
  const ProvisioningStore& store;
  CustomerReads& reads;
  saga::Runner& sagas;
  pg::Executor& executor;
  Policy policy;
};

rpc::Handler<v1::CreateCustomerRequest, v1::Customer> CreateCustomerHandler(Provisioning parts);

}  // namespace clientele::customer
