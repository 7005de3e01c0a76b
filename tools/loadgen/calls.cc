#include "tools/loadgen/calls.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/core/id.h"

namespace clientele::loadgen {
namespace {

namespace pb = ::clientele::customer::v1;

// A context, request and answer that live until the call has ended.
template <class Request, class Response>
struct InFlight {
  grpc::ClientContext context;
  Request request;
  Response response;
};

template <class Request, class Response>
std::shared_ptr<InFlight<Request, Response>> Prepare(const Account& account) {
  auto flight = std::make_shared<InFlight<Request, Response>>();
  flight->context.AddMetadata("authorization", absl::StrCat("Bearer ", account.token));
  flight->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return flight;
}

// Spreads requests over accounts and customers without a random number per request.
uint64_t Mix(uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
  return n ^ (n >> 31);
}

const Account& AccountFor(const std::vector<Account>& accounts, uint64_t n) {
  return accounts[Mix(n) % accounts.size()];
}

const std::string& CustomerFor(const Account& account, uint64_t n) {
  return account.customers[Mix(n * 31 + 7) % account.customers.size()];
}

void FillNew(pb::Customer& customer) {
  const std::string name = Uuid::NewV4().ToString();
  customer.set_company_name(absl::StrCat("Load ", name));
  customer.set_primary_domain(absl::StrCat("load-", name, ".example"));
  auto* billing = customer.mutable_billing_profile();
  billing->set_company_name(customer.company_name());
  billing->set_email(absl::StrCat("invoices@load-", name, ".example"));
  billing->set_first_name("Ann");
  billing->set_last_name("Lee");
  billing->set_culture("en-US");
  billing->set_language("en");
  auto* address = billing->mutable_default_address();
  address->set_address_line1("1 Main Street");
  address->set_city("Redmond");
  address->set_state("WA");
  address->set_postal_code("98052");
  address->set_country("US");
}

void Get(const std::vector<Account>& accounts, pb::CustomerService::Stub& stub, uint64_t n, const Done& done) {
  const Account& account = AccountFor(accounts, n);
  auto flight = Prepare<pb::GetCustomerRequest, pb::Customer>(account);
  flight->request.set_name(CustomerFor(account, n));
  stub.async()->GetCustomer(&flight->context, &flight->request, &flight->response,
                            [flight, done](const grpc::Status& status) { done(status); });
}

void List(const std::vector<Account>& accounts, pb::CustomerService::Stub& stub, uint64_t n, const Done& done) {
  const Account& account = AccountFor(accounts, n);
  auto flight = Prepare<pb::ListCustomersRequest, pb::ListCustomersResponse>(account);
  flight->request.set_parent(account.partner);
  stub.async()->ListCustomers(&flight->context, &flight->request, &flight->response,
                              [flight, done](const grpc::Status& status) { done(status); });
}

void Update(const std::vector<Account>& accounts, pb::CustomerService::Stub& stub, uint64_t n, const Done& done) {
  const Account& account = AccountFor(accounts, n);
  auto flight = Prepare<pb::UpdateCustomerRequest, pb::Customer>(account);
  flight->request.mutable_customer()->set_name(CustomerFor(account, n));
  flight->request.mutable_customer()->set_company_name(absl::StrCat("Renamed ", Mix(n)));
  flight->request.mutable_update_mask()->add_paths("company_name");
  flight->request.set_request_id(Uuid::NewV4().ToString());
  stub.async()->UpdateCustomer(&flight->context, &flight->request, &flight->response,
                               [flight, done](const grpc::Status& status) { done(status); });
}

void Create(const std::vector<Account>& accounts, pb::CustomerService::Stub& stub, uint64_t n, const Done& done) {
  const Account& account = AccountFor(accounts, n);
  auto flight = Prepare<pb::CreateCustomerRequest, pb::Customer>(account);
  flight->request.set_parent(account.partner);
  FillNew(*flight->request.mutable_customer());
  flight->request.set_request_id(Uuid::NewV4().ToString());
  stub.async()->CreateCustomer(&flight->context, &flight->request, &flight->response,
                               [flight, done](const grpc::Status& status) { done(status); });
}

}  // namespace

absl::StatusOr<std::vector<Account>> ReadAccounts(const std::string& file) {
  std::vector<Account> accounts;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    accounts.push_back({parts.first, parts.second, {}});
  }
  if (accounts.empty()) return absl::NotFoundError(absl::StrCat(file, " names no partner"));
  return accounts;
}

absl::Status ListNames(pb::CustomerService::Stub& stub, std::vector<Account>& accounts) {
  for (Account& account : accounts) {
    auto flight = Prepare<pb::ListCustomersRequest, pb::ListCustomersResponse>(account);
    flight->request.set_parent(account.partner);
    flight->request.set_page_size(1000);
    const grpc::Status status = stub.ListCustomers(&flight->context, flight->request, &flight->response);
    if (!status.ok()) return absl::UnavailableError(absl::StrCat(account.partner, ": ", status.error_message()));
    for (const auto& customer : flight->response.customers()) account.customers.push_back(customer.name());
    if (account.customers.empty()) return absl::NotFoundError(absl::StrCat(account.partner, " has no customer"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Call> CallOf(const std::string& rpc, const std::vector<Account>& accounts) {
  using Function = void (*)(const std::vector<Account>&, pb::CustomerService::Stub&, uint64_t, const Done&);
  Function function = nullptr;
  if (rpc == "GetCustomer") function = Get;
  if (rpc == "ListCustomers") function = List;
  if (rpc == "UpdateCustomer") function = Update;
  if (rpc == "CreateCustomer") function = Create;
  if (function == nullptr) return absl::InvalidArgumentError(absl::StrCat("--rpc: cannot call ", rpc));
  return Call([function, &accounts](pb::CustomerService::Stub& stub, uint64_t n, const Done& done) {
    function(accounts, stub, n, done);
  });
}

}  // namespace clientele::loadgen
