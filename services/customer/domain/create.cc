#include "services/customer/domain/create.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace clientele::customer {
namespace {

constexpr char kCustomerType[] = "CUSTOMER";

// What a caller can do about a key that somebody has; `customer` is its own that has it, empty where it has none.
struct Advice {
  const char* hint;
  std::string text;
};
Advice AdviceFor(const KeyHolder& holder, const std::string& customer) {
  if (!holder.own.has_value()) return {"INVITE", "invite the customer instead"};
  switch (*holder.own) {
    case AccountState::kProvisioning:
      return {"BEING_CREATED", "another request of yours is creating a customer with it"};
    case AccountState::kActive:
      return {"TAKEN_BY_YOUR_CUSTOMER", absl::StrCat("it is ", customer)};
    case AccountState::kEnded:
      return {"INVITE", absl::StrCat("it is ", customer, ", which has ended: invite it")};
  }
  return {"INVITE", ""};
}

absl::Status Taken(const char* reason, const std::string& what, const std::string& key, const std::string& partner,
                   const KeyHolder& holder) {
  const bool visible = holder.own.has_value() && *holder.own != AccountState::kProvisioning;
  const std::string customer = visible ? CustomerName({partner, holder.organization}) : "";
  const Advice advice = AdviceFor(holder, customer);
  ErrorMetadata metadata{{"hint", advice.hint}, {"key", key}};
  if (visible) metadata["customer"] = customer;
  return WithResource(MakeError(absl::StatusCode::kAlreadyExists, reason,
                                absl::StrCat("the ", what, " ", key, " is taken: ", advice.text), metadata),
                      kCustomerType, visible ? customer : key, advice.text);
}

}  // namespace

absl::Status CheckNewCustomer(const Policy& policy, Customer& customer) {
  if (!policy.cloud.accepts_new_customers()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NEW_CUSTOMERS_NOT_ACCEPTED",
                     absl::StrCat("the cloud ", policy.cloud.cell(),
                                  " takes no new customers; existing ones can be imported or invited"),
                     {{"cell", policy.cloud.cell()}});
  }
  std::vector<FieldViolation> violations;
  CheckOrganizationDomain(policy, "customer.primary_domain", customer.primary_domain, &violations);
  if (customer.directory_tenants.size() > 1) {
    violations.push_back({"customer.directory_tenants", "a new customer has at most one", "MAX_ITEMS", ""});
  }
  CompleteTenants(policy, customer.directory_tenants);
  CheckProfile(policy, BillingRule::kDemanded, "customer.", customer, &violations);
  return InvalidFields(violations);
}

absl::Status CheckFree(const TakenKeys& taken, const Customer& wanted) {
  const std::string& partner = wanted.name.partner;
  if (!taken.domain.organization.empty()) {
    return Taken("DOMAIN_TAKEN", "domain", wanted.primary_domain, partner, taken.domain);
  }
  if (!taken.tenant.organization.empty()) {
    return Taken("TENANT_TAKEN", "directory tenant", wanted.directory_tenants.front().tenant_id, partner, taken.tenant);
  }
  if (!taken.external_id_customer.empty()) {
    return ExternalIdTaken(wanted.external_id,
                           {partner, taken.external_id_visible ? taken.external_id_customer : std::string()});
  }
  return absl::OkStatus();
}

absl::Status ExternalIdTaken(const std::string& external_id, const AccountName& holder) {
  ErrorMetadata metadata{{"external_id", external_id}};
  const std::string name = holder.customer.empty() ? external_id : CustomerName(holder);
  if (!holder.customer.empty()) metadata["customer"] = name;
  return WithResource(
      MakeError(absl::StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN",
                absl::StrCat("another customer of the partner has the external id ", external_id), metadata),
      kCustomerType, name, "has this external id");
}

}  // namespace clientele::customer
