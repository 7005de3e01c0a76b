#pragma once

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

namespace clientele::customer {

// What can be said of the request without the account: what the mask names, as far as it needs nothing else.
absl::Status CheckUpdateCustomer(const rpc::Call& call, const v1::UpdateCustomerRequest& request, Policy policy);
absl::StatusOr<v1::Customer> UpdateCustomer(pg::Session& session, rpc::Call& call,
                                            const v1::UpdateCustomerRequest& request, const CustomerStore& customers,
                                            Policy policy);

}  // namespace clientele::customer
