#pragma once

#include <memory>

#include "clientele/customer/v1/customer_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/domain/profile.h"
#include "services/customer/storage/customer_store.h"

// What is passed outlives the handlers.
namespace clientele::customer {

rpc::Handler<v1::GetCustomerRequest, v1::Customer> GetCustomerHandler(CustomerReads& reads);

rpc::Handler<v1::ListCustomersRequest, v1::ListCustomersResponse> ListCustomersHandler(const rpc::PageTokens& tokens);

rpc::Handler<v1::CheckDomainAvailabilityRequest, v1::CheckDomainAvailabilityResponse> CheckDomainAvailabilityHandler(
    Policy policy);

// Answers the account in full as it is now, from any thread: the end of commands whose work a saga did.
void AnswerCustomer(CustomerReads& reads, const AccountName& name, const std::shared_ptr<rpc::Call>& call,
                    const rpc::Reply<v1::Customer>& reply, View view);

}  // namespace clientele::customer
