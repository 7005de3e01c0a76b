#pragma once

#include "clientele/customer/v1/account_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

// What the suite's other services ask in their sagas.
namespace clientele::customer {

absl::StatusOr<v1::ResolveOrganizationResponse> ResolveOrganization(pg::Session& session, rpc::Call& call,
                                                                    const v1::ResolveOrganizationRequest& request,
                                                                    Policy policy);
absl::StatusOr<v1::Customer> UpsertCustomerAccount(pg::Session& session, rpc::Call& call,
                                                   const v1::UpsertCustomerAccountRequest& request,
                                                   const CustomerStore& customers, Policy policy);
absl::StatusOr<v1::Customer> EndCustomerAccount(pg::Session& session, rpc::Call& call,
                                                const v1::EndCustomerAccountRequest& request,
                                                const CustomerStore& customers);

}  // namespace clientele::customer
