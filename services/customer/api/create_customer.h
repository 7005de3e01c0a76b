#pragma once

#include <memory>

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "common/saga/saga.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/provisioning_store.h"

namespace clientele::customer {

// What makes an account out of a request, and the saga that drives it. All outlive the calls.
struct Provisioning {
  const ProvisioningStore& store;
  CustomerReads& reads;
  saga::Runner& sagas;
  pg::Executor& executor;
  Policy policy;
};

absl::Status CheckCreateCustomer(const rpc::Call& call, const v1::CreateCustomerRequest& request, Policy policy);
void CreateCustomer(const std::shared_ptr<rpc::Call>& call,
                    const std::shared_ptr<const v1::CreateCustomerRequest>& request,
                    const rpc::Reply<v1::Customer>& reply, Provisioning parts);

}  // namespace clientele::customer
