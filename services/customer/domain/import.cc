#include "services/customer/domain/import.h"

#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/customer/domain/create.h"

namespace clientele::customer {
namespace {

RowDecision Refuse(absl::Status refusal) {
  RowDecision decision;
  decision.refusal = std::move(refusal);
  return decision;
}

RowDecision Take(RowAction action, const std::string& organization, const RowFacts& facts) {
  RowDecision decision;
  decision.action = action;
  decision.customer = organization;
  decision.organization_revision = facts.organization_revision;
  decision.saga = facts.saga;
  decision.new_domain = !organization.empty() && facts.domain_organization.empty();
  decision.new_tenant = !organization.empty() && facts.tenant_organization.empty();
  return decision;
}

absl::Status InvitationRequired(const std::string& message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "INVITATION_REQUIRED", message);
}

absl::Status Conflict(const ImportRow& row) {
  return MakeError(
      absl::StatusCode::kAlreadyExists, "DOMAIN_CONFLICT", "tenant and domain belong to different organisations",
      {{"tenant_id", row.account.directory_tenants.front().tenant_id}, {"domain", row.account.primary_domain}});
}

// Whether another partner will have it is known when its saga is done.
RowDecision AwaitOther(const RowFacts& facts) {
  RowDecision decision;
  decision.action = RowAction::kWait;
  decision.saga = facts.elsewhere_saga;
  return decision;
}

RowDecision DecideOwnAccount(const RowFacts& facts, const std::string& organization, const Vouching& vouching) {
  if (facts.state == AccountState::kActive) return Take(RowAction::kPresent, organization, facts);
  if (facts.state == AccountState::kProvisioning) return Take(RowAction::kWait, organization, facts);
  if (!vouching.vouched) return Refuse(InvitationRequired("the relationship ended: invite the customer"));
  if (facts.elsewhere) {
    return Refuse(InvitationRequired("the relationship ended and another partner has the customer: invite it"));
  }
  if (!facts.elsewhere_saga.empty()) return AwaitOther(facts);
  return Take(RowAction::kRevive, organization, facts);
}

}  // namespace

absl::Status CheckListTime(const std::optional<absl::Time>& list_time, absl::Time now) {
  constexpr absl::Duration kClocksDiffer = absl::Minutes(5);
  if (!list_time.has_value() || *list_time <= now + kClocksDiffer) return absl::OkStatus();
  return InvalidFields({{"list_time", "must not lie in the future", "FUTURE", ""}});
}

absl::Status CheckRow(const Policy& policy, std::vector<FieldViolation> violations, ImportRow& row) {
  Customer& account = row.account;
  // A field that broke the contract's rule is told once.
  std::vector<FieldViolation> found;
  CheckOrganizationDomain(policy, "primary_domain", account.primary_domain, &found);
  CheckProfile(policy, BillingRule::kOptional, "customer.", account, &found);
  for (FieldViolation& violation : found) {
    if (violation.field == "customer.company_name") violation.field = "company_name";
    bool told = false;
    for (const FieldViolation& earlier : violations) told = told || earlier.field == violation.field;
    if (!told) violations.push_back(std::move(violation));
  }
  if (absl::Status status = InvalidFields(violations); !status.ok()) return status;
  const std::string kind = absl::AsciiStrToLower(absl::StripAsciiWhitespace(row.relationship));
  if (kind != "reseller") {
    return MakeError(absl::StatusCode::kFailedPrecondition, "RELATIONSHIP_KIND_NOT_IMPORTABLE",
                     absl::StrCat("only customers of a reseller can be imported, not of: ", row.relationship),
                     {{"relationship", row.relationship}});
  }
  return absl::OkStatus();
}

std::vector<std::optional<size_t>> FindDuplicates(const std::vector<const ImportRow*>& rows) {
  std::vector<std::optional<size_t>> duplicates(rows.size());
  std::unordered_map<std::string, size_t> first;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == nullptr) continue;
    const std::string tenant = "t:" + rows[i]->account.directory_tenants.front().tenant_id;
    const std::string domain = "d:" + rows[i]->account.primary_domain;
    for (const std::string& key : {tenant, domain}) {
      const auto earlier = first.find(key);
      if (earlier != first.end() && !duplicates[i].has_value()) duplicates[i] = earlier->second;
    }
    if (duplicates[i].has_value()) continue;
    first[tenant] = i;
    first[domain] = i;
  }
  return duplicates;
}

absl::Status DuplicateRow(size_t earlier) {
  return MakeError(absl::StatusCode::kAlreadyExists, "DUPLICATE_ROW",
                   absl::StrCat("row ", earlier, " of the request names the same customer"),
                   {{"row", absl::StrCat(earlier)}});
}

RowDecision DecideRow(const RowFacts& facts, const ImportRow& row, const Vouching& vouching) {
  if (!facts.tenant_organization.empty() && !facts.domain_organization.empty() &&
      facts.tenant_organization != facts.domain_organization) {
    return Refuse(Conflict(row));
  }
  const std::string& organization =
      facts.tenant_organization.empty() ? facts.domain_organization : facts.tenant_organization;
  if (facts.has_account) return DecideOwnAccount(facts, organization, vouching);
  if (facts.elsewhere) return Refuse(InvitationRequired("another partner has the customer: invite it"));
  if (!vouching.vouched) {
    return Refuse(InvitationRequired("only a registered import source brings new customers: invite this one"));
  }
  if (!facts.external_id_customer.empty()) {
    return Refuse(ExternalIdTaken(
        row.account.external_id,
        {row.account.name.partner, facts.external_id_visible ? facts.external_id_customer : std::string()}));
  }
  if (!facts.elsewhere_saga.empty()) return AwaitOther(facts);
  return Take(RowAction::kCreate, organization, facts);
}

}  // namespace clientele::customer
