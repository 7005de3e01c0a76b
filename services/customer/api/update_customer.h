#pragma once

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

namespace clientele::customer {

// `customers` outlives the handler.
rpc::Handler<v1::UpdateCustomerRequest, v1::Customer> UpdateCustomerHandler(const CustomerStore& customers,
                                                                            Policy policy);

}  // namespace clientele::customer
