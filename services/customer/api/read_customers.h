#pragma once

#include <memory>

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

namespace clientele::customer {

void GetCustomer(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const v1::GetCustomerRequest>& request,
                 const rpc::Reply<v1::Customer>& reply, CustomerReads& reads);
absl::Status ListCustomers(pg::Session& session, rpc::Call& call, const v1::ListCustomersRequest& request,
                           v1::ListCustomersResponse& response, const rpc::PageTokens& tokens);
absl::StatusOr<v1::CheckDomainAvailabilityResponse> CheckDomainAvailability(
    pg::Session& session, rpc::Call& call, const v1::CheckDomainAvailabilityRequest& request, Policy policy);

// Answers the account in full as it is now, from any thread: the end of commands whose work a saga did.
void AnswerCustomer(CustomerReads& reads, const AccountName& name, const std::shared_ptr<rpc::Call>& call,
                    const rpc::Reply<v1::Customer>& reply, View view);

}  // namespace clientele::customer
