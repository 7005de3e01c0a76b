#include "services/customer/api/update_customer.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/field_mask.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/domain/revise.h"

namespace clientele::customer {
namespace {

const std::set<std::string>& Updatable() {
  static const auto* const kPaths = new std::set<std::string>{
      "company_name", "organization_registration_number", "billing_profile", "contacts", "external_id", "labels"};
  return *kPaths;
}

// The account with the caller's values at `paths`; what callers do not write stays.
Customer Wanted(const Customer& current, const std::vector<std::string>& paths, const v1::Customer& from) {
  v1::Customer merged = ToProto(current);
  rpc::ApplyPaths(paths, from, merged);
  Customer said = FromProto(merged);
  Customer wanted = current;
  wanted.company_name = std::move(said.company_name);
  wanted.organization_registration_number = std::move(said.organization_registration_number);
  wanted.billing_profile = std::move(said.billing_profile);
  wanted.contacts = std::move(said.contacts);
  wanted.external_id = std::move(said.external_id);
  wanted.labels = std::move(said.labels);
  return wanted;
}

}  // namespace

absl::Status CheckUpdateCustomer(const rpc::Call&, const v1::UpdateCustomerRequest& request, Policy policy) {
  const auto paths = rpc::ResolveMask(request.update_mask(), request.customer(), Updatable());
  if (!paths.ok()) return paths.status();
  Customer wanted = Wanted(Customer(), *paths, request.customer());
  // A number is judged by the country of the account, where the request has none.
  if (CountryOf(wanted).empty()) {
    for (Contact& contact : wanted.contacts) contact.phone_number.clear();
  }
  std::vector<FieldViolation> violations;
  CheckProfile(policy, BillingRule::kOptional, "customer.", wanted, &violations);
  const auto unnamed = [&](const FieldViolation& violation) {
    return std::none_of(paths->begin(), paths->end(), [&](const std::string& path) {
      return absl::StartsWith(violation.field, absl::StrCat("customer.", path));
    });
  };
  violations.erase(std::remove_if(violations.begin(), violations.end(), unnamed), violations.end());
  return InvalidFields(violations);
}

absl::StatusOr<v1::Customer> UpdateCustomer(pg::Session& session, rpc::Call& call,
                                            const v1::UpdateCustomerRequest& request, const CustomerStore& customers,
                                            Policy policy) {
  const v1::Customer& customer = request.customer();
  const auto paths = rpc::ResolveMask(request.update_mask(), customer, Updatable());
  if (!paths.ok()) return paths.status();
  const bool external_id = std::find(paths->begin(), paths->end(), "external_id") != paths->end();
  absl::StatusOr<Customer> changed = customers.Change(
      session, call.context, ParseAccountName(customer.name()), customer.etag(),
      external_id ? customer.external_id() : std::string(),
      [&](const Customer& current) { return Revise(current, Wanted(current, *paths, customer), policy, call.now()); });
  if (!changed.ok()) return changed.status();
  return ToProto(*std::move(changed));
}

}  // namespace clientele::customer
