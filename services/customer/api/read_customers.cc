#include "services/customer/api/read_customers.h"

#include <utility>

#include "common/core/error.h"
#include "common/rpc/filter.h"
#include "common/rpc/lane.h"
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
  const absl::Status full =
      reads.Get(name, rpc::JobFor(*call), [name, call, reply, view](absl::StatusOr<std::optional<Customer>> customer) {
        if (!customer.ok()) return reply(customer.status());
        if (!customer->has_value()) return reply(NotFound("CUSTOMER", CustomerName(name)));
        reply(ToProto(**customer, view));
      });
  if (!full.ok()) reply(full);
}

void GetCustomer(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const v1::GetCustomerRequest>& request,
                 const rpc::Reply<v1::Customer>& reply, CustomerReads& reads) {
  AnswerCustomer(reads, ParseAccountName(request->name()), call, reply, ViewOf(request->view(), View::kFull));
}

absl::StatusOr<v1::ListCustomersResponse> ListCustomers(pg::Session& session, rpc::Call&,
                                                        const v1::ListCustomersRequest& request,
                                                        const rpc::PageTokens& tokens) {
  CustomerListQuery query;
  auto filter = rpc::ParseFilter(request.filter(), CustomerListFields());
  if (!filter.ok()) return filter.status();
  auto order = rpc::ParseOrderBy(request.order_by(), CustomerListOrders(), kDefaultCustomerOrder);
  if (!order.ok()) return order.status();
  auto after = tokens.Decode(request);
  if (!after.ok()) return after.status();
  const View view = ViewOf(request.view(), View::kBasic);
  query.partner = LastSegment(request.parent());
  query.show_ended = request.show_ended();
  query.full = view == View::kFull;
  query.filter = *std::move(filter);
  query.order = *std::move(order);
  query.after = *std::move(after);
  query.page_size = rpc::PageSize(request.page_size());
  const absl::StatusOr<CustomerPage> page = ListCustomers(session, query);
  if (!page.ok()) return page.status();
  v1::ListCustomersResponse response;
  for (const Customer& customer : page->customers) *response.add_customers() = ToProto(customer, view);
  if (!page->next.empty()) response.set_next_page_token(tokens.Encode(request, page->next));
  return response;
}

absl::StatusOr<v1::CheckDomainAvailabilityResponse> CheckDomainAvailability(
    pg::Session& session, rpc::Call&, const v1::CheckDomainAvailabilityRequest& request, Policy policy) {
  std::vector<FieldViolation> violations;
  std::string domain = request.domain();
  CheckOrganizationDomain(policy, "domain", domain, violations);
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
