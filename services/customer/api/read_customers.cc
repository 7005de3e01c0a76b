#include "services/customer/api/read_customers.h"

#include <utility>

#include "common/core/error.h"
#include "common/rpc/answer_one.h"
#include "common/rpc/list.h"
#include "services/customer/storage/organization_store.h"

namespace clientele::customer {
namespace {

View ViewOf(v1::CustomerView view, View unless_said) {
  if (view == v1::CUSTOMER_VIEW_UNSPECIFIED) return unless_said;
  return view == v1::CUSTOMER_VIEW_FULL ? View::kFull : View::kBasic;
}

}  // namespace

void AnswerCustomer(CustomerReads& reads, const AccountName& name, const std::shared_ptr<rpc::Call>& call,
                    const rpc::Reply<v1::Customer>& reply, View view) {
  rpc::AnswerOne(reads, name, *call, reply, [name, view](Customer* customer) -> absl::StatusOr<v1::Customer> {
    if (customer == nullptr) return NotFound("CUSTOMER", CustomerName(name));
    return ToProto(std::move(*customer), view);
  });
}

void GetCustomer(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const v1::GetCustomerRequest>& request,
                 const rpc::Reply<v1::Customer>& reply, CustomerReads& reads) {
  AnswerCustomer(reads, ParseAccountName(request->name()), call, reply, ViewOf(request->view(), View::kFull));
}

absl::Status ListCustomers(pg::Session& session, rpc::Call& call, const v1::ListCustomersRequest& request,
                           v1::ListCustomersResponse& response, const rpc::PageTokens& tokens) {
  const auto wanted = rpc::PageOf(call, request, CustomerListing(), tokens);
  if (!wanted.ok()) return wanted.status();
  const View view = ViewOf(request.view(), View::kBasic);
  const auto page =
      CustomerStore::List(session, {LastSegment(request.parent()), request.show_ended(), view == View::kFull}, *wanted);
  if (!page.ok()) return page.status();
  for (Customer customer : *page) Put(std::move(customer), view, *response.add_customers());
  response.set_next_page_token(tokens.Encode(request, page->next()));
  return absl::OkStatus();
}

absl::StatusOr<v1::CheckDomainAvailabilityResponse> CheckDomainAvailability(
    pg::Session& session, rpc::Call&, const v1::CheckDomainAvailabilityRequest& request, Policy policy) {
  std::vector<FieldViolation> violations;
  std::string domain = request.domain();
  CheckOrganizationDomain(policy, "domain", domain, &violations);
  if (!violations.empty()) return InvalidFields(violations);
  const std::string partner = LastSegment(request.parent());
  const absl::StatusOr<DomainHolder> holder = FindDomain(session, partner, domain);
  if (!holder.ok()) return holder.status();
  v1::CheckDomainAvailabilityResponse response;
  response.set_domain(domain);
  if (!holder->customer.empty()) response.set_customer(CustomerName({partner, holder->customer}));
  // An ended customer comes back by an invitation, like a stranger's.
  response.set_availability(!holder->taken   ? v1::DOMAIN_AVAILABILITY_FREE
                            : holder->active ? v1::DOMAIN_AVAILABILITY_TAKEN_BY_YOUR_CUSTOMER
                                             : v1::DOMAIN_AVAILABILITY_TAKEN_INVITE_INSTEAD);
  return response;
}

}  // namespace clientele::customer
