#pragma once

#include "clientele/customer/v1/account_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

// What the suite's other services ask in their sagas. `customers` outlives the handlers.
namespace clientele::customer {

rpc::Handler<v1::ResolveOrganizationRequest, v1::ResolveOrganizationResponse> ResolveOrganizationHandler(Policy policy);

rpc::Handler<v1::UpsertCustomerAccountRequest, v1::Customer> UpsertCustomerAccountHandler(
    const CustomerStore& customers, Policy policy);

rpc::Handler<v1::EndCustomerAccountRequest, v1::Customer> EndCustomerAccountHandler(const CustomerStore& customers);

}  // namespace clientele::customer
