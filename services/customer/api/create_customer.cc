#include "services/customer/api/create_customer.h"

#include <memory>
#include <utility>

#include "common/core/id.h"
#include "common/rpc/consistency.h"
#include "common/rpc/lane.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/read_customers.h"
#include "services/customer/api/saga_state.h"
#include "services/customer/domain/partner.h"
#include "services/customer/storage/partner_facts.h"

namespace clientele::customer {
namespace {

// One call on its way: the command that reserves and starts the saga, the saga, the customer as it is then. It lives in
// the callbacks that are still to come.
class Creation : public std::enable_shared_from_this<Creation> {
 public:
  Creation(Provisioning parts, std::shared_ptr<rpc::Call> call,
           std::shared_ptr<const v1::CreateCustomerRequest> request, rpc::Reply<v1::Customer> reply)
      : parts_(parts), call_(std::move(call)), request_(std::move(request)), reply_(std::move(reply)) {}

  void Begin() {
    rpc::OnLane(parts_.executor, pg::Lane::kWrite, *call_, reply_,
                [self = shared_from_this()](pg::Session& session) { self->Reserve(session); });
  }

 private:
  void Reserve(pg::Session& session) {
    Customer customer = FromProto(request_->customer());
    if (absl::Status status = CheckNewCustomer(parts_.policy, customer); !status.ok()) return reply_(status);
    customer.origin = AccountOrigin::kCreate;
    customer.create_time = call_->now();
    customer.name.partner = LastSegment(request_->parent());
    if (call_->context.validate_only) return reply_(Validate(session, customer));
    customer.name.customer = Uuid::NewV7(call_->now()).ToString();
    const absl::StatusOr<pg::Begun> begun = parts_.store.Create(
        session, call_->context, customer, StartCreation(call_->context, customer, parts_.sagas.owner()));
    if (!begun.ok()) return reply_(begun.status());
    if (begun->mine) parts_.sagas.Begin(begun->saga);
    Join(*begun);
  }

  absl::StatusOr<v1::Customer> Validate(pg::Session& session, const Customer& customer) {
    const absl::StatusOr<pg::Begun> checked = parts_.store.Create(session, call_->context, customer, pg::SagaStart());
    if (!checked.ok()) return checked.status();
    const auto partner = FindPartnerFact(session, customer.name.partner);
    if (!partner.ok()) return partner.status();
    if (partner->has_value()) {
      const market::Market* market = parts_.policy.markets.Find(CountryOf(customer));
      const absl::Status status = CheckPartner(**partner, AccountOrigin::kCreate,
                                               market == nullptr ? "" : market->csp_region, customer.directory_tenants);
      if (!status.ok()) return status;
    }
    return ToProto(customer);
  }

  void Join(const pg::Begun& begun) {
    parts_.sagas.Join(
        begun.saga, call_->context.deadline,
        [self = shared_from_this(), name = ParseAccountName(begun.resource)](const saga::Outcome& outcome) {
          rpc::Merge(outcome.consistency, self->call_->context.consistency);
          if (!outcome.status.ok()) return self->reply_(outcome.status);
          AnswerCustomer(self->parts_.reads, name, self->call_, self->reply_, View::kFull);
        });
  }

  const Provisioning parts_;
  const std::shared_ptr<rpc::Call> call_;
  const std::shared_ptr<const v1::CreateCustomerRequest> request_;
  const rpc::Reply<v1::Customer> reply_;
};

}  // namespace

absl::Status CheckCreateCustomer(const rpc::Call&, const v1::CreateCustomerRequest& request, Policy policy) {
  Customer customer = FromProto(request.customer());
  return CheckNewCustomer(policy, customer);
}

void CreateCustomer(const std::shared_ptr<rpc::Call>& call,
                    const std::shared_ptr<const v1::CreateCustomerRequest>& request,
                    const rpc::Reply<v1::Customer>& reply, Provisioning parts) {
  std::make_shared<Creation>(parts, call, request, reply)->Begin();
}

}  // namespace clientele::customer
