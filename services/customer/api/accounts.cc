#include "services/customer/api/accounts.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/market/address.h"
#include "common/market/day.h"
#include "common/market/domain_name.h"
#include "common/rpc/rules.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/storage/organization_store.h"

namespace clientele::customer {
namespace {

constexpr char kRelationshipPattern[] = "partners/{partner}/customerRelationships/{customer}";

// The keys in the form they are stored in. A free mail provider's domain says nothing about who an organisation is.
absl::StatusOr<OrganizationKeys> KeysOf(const v1::ResolveOrganizationRequest& request, const Policy& policy) {
  OrganizationKeys keys;
  std::vector<FieldViolation> violations;
  if (request.has_directory_tenant()) {
    std::vector<DirectoryTenant> tenants{{request.directory_tenant().issuer(), request.directory_tenant().tenant_id()}};
    CompleteTenants(policy, tenants);
    keys.tenant = tenants.front();
  }
  for (int i = 0; i < request.domains_size(); ++i) {
    const auto domain = market::CheckDomainName(absl::StrCat("domains[", i, "]"), request.domains(i), &violations);
    if (domain.has_value() && !policy.cloud.IsFreeMailDomain(*domain)) keys.domains.push_back(*domain);
  }
  if (request.reserve() && !keys.tenant.has_value()) {
    violations.push_back({"directory_tenant", "is required to make an organisation", "REQUIRED", ""});
  } else if (!keys.tenant.has_value() && keys.domains.empty()) {
    violations.push_back({"directory_tenant", "is required where no domain is given", "REQUIRED", ""});
  }
  if (!violations.empty()) return InvalidFields(violations);
  if (!request.partner().empty()) keys.partner = LastSegment(request.partner());
  return keys;
}

absl::StatusOr<AccountName> NameOf(const relationship::v1::CustomerRelationship& relationship) {
  if (rpc::MatchesPattern(relationship.name(), kRelationshipPattern)) return ParseAccountName(relationship.name());
  return InvalidFields(
      {{"customer_relationship.name", absl::StrCat("must be ", kRelationshipPattern), "RESOURCE_NAME", ""}});
}

}  // namespace

absl::StatusOr<v1::ResolveOrganizationResponse> ResolveOrganization(pg::Session& session, rpc::Call& call,
                                                                    const v1::ResolveOrganizationRequest& request,
                                                                    Policy policy) {
  const absl::StatusOr<OrganizationKeys> keys = KeysOf(request, policy);
  if (!keys.ok()) return keys.status();
  const absl::StatusOr<Organization> organization =
      ResolveOrganization(session, call.context, *keys, request.reserve());
  if (!organization.ok()) return organization.status();
  v1::ResolveOrganizationResponse response;
  response.set_customer(organization->id);
  for (const DirectoryTenant& tenant : organization->tenants) {
    type::v1::DirectoryTenant& one = *response.add_directory_tenants();
    one.set_issuer(tenant.issuer);
    one.set_tenant_id(tenant.tenant_id);
  }
  response.set_account_active(organization->account_active);
  return response;
}

absl::StatusOr<v1::Customer> UpsertCustomerAccount(pg::Session& session, rpc::Call& call,
                                                   const v1::UpsertCustomerAccountRequest& request,
                                                   const CustomerStore& customers, Policy policy) {
  const absl::StatusOr<AccountName> name = NameOf(request.customer_relationship());
  if (!name.ok()) return name.status();
  Customer fresh;
  fresh.name = *name;
  fresh.origin = AccountOrigin::kInvitation;
  fresh.company_name = request.company_name();
  std::vector<FieldViolation> violations;
  if (!request.country().empty()) {
    fresh.billing_profile.emplace().default_address.country = request.country();
    market::CheckCountry("country", policy.markets, &fresh.billing_profile->default_address.country, &violations);
  }
  std::optional<Agreement> agreement;
  if (request.has_agreement()) {
    agreement = FromProto(request.agreement());
    market::CheckPastDay("agreement.date_agreed", agreement->date_agreed, call.now(), &violations);
  }
  if (!violations.empty()) return InvalidFields(violations);
  absl::StatusOr<Customer> customer =
      customers.Upsert(session, call.context, fresh, FromProto(request.customer_relationship()), agreement);
  if (!customer.ok()) return customer.status();
  return ToProto(*std::move(customer));
}

absl::StatusOr<v1::Customer> EndCustomerAccount(pg::Session& session, rpc::Call& call,
                                                const v1::EndCustomerAccountRequest& request,
                                                const CustomerStore& customers) {
  const absl::StatusOr<AccountName> name = NameOf(request.customer_relationship());
  if (!name.ok()) return name.status();
  absl::StatusOr<Customer> customer =
      customers.End(session, call.context, *name, FromProto(request.customer_relationship()).summary,
                    FromTimestamp(request.end_time()));
  if (!customer.ok()) return customer.status();
  return ToProto(*std::move(customer));
}

}  // namespace clientele::customer
