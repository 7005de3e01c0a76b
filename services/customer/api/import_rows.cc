#include "services/customer/api/import_rows.h"

#include <algorithm>
#include <utility>

#include "common/core/error.h"
#include "common/rpc/rules.h"
#include "services/customer/api/customer_proto.h"

namespace clientele::customer {
namespace {

// The row as its rules are judged: of its customer only what an import reads. Company and domain are the row's own.
v1::ImportRow Judged(const v1::ImportRow& row) {
  v1::ImportRow judged = row;
  if (!row.has_customer()) return judged;
  v1::Customer& customer = *judged.mutable_customer();
  customer.set_company_name(row.company_name());
  customer.set_primary_domain(row.primary_domain());
  customer.clear_directory_tenants();
  customer.clear_etag();
  return judged;
}

std::vector<FieldViolation> ViolationsOf(const v1::ImportRow& judged) {
  std::vector<FieldViolation> violations = rpc::CheckFields(judged);
  const auto told_of_the_row = [](const FieldViolation& violation) {
    return violation.field == "customer.company_name" || violation.field == "customer.primary_domain";
  };
  violations.erase(std::remove_if(violations.begin(), violations.end(), told_of_the_row), violations.end());
  return violations;
}

ImportRow FromRow(const v1::ImportRow& judged, const std::string& partner, const Vouching& vouching) {
  ImportRow row;
  row.relationship = judged.relationship();
  row.account = FromProto(judged.customer());
  row.account.name.partner = partner;
  row.account.origin = AccountOrigin::kImport;
  row.account.company_name = judged.company_name();
  row.account.primary_domain = judged.primary_domain();
  row.account.directory_tenants = {{vouching.tenant_issuer, judged.tenant_id()}};
  return row;
}

void RefuseDuplicates(CheckedRows& checked) {
  std::vector<const ImportRow*> rows;
  for (const auto& row : checked.rows) rows.push_back(row.has_value() ? &*row : nullptr);
  const std::vector<std::optional<size_t>> duplicates = FindDuplicates(rows);
  for (size_t i = 0; i < duplicates.size(); ++i) {
    if (!duplicates[i].has_value()) continue;
    checked.outcomes[i] = Refused(DuplicateRow(*duplicates[i]));
    checked.rows[i].reset();
  }
}

}  // namespace

CheckedRows CheckRows(const v1::BatchImportCustomersRequest& request, const Vouching& vouching, const Policy& policy) {
  const std::string partner = LastSegment(request.parent());
  CheckedRows checked;
  checked.rows.resize(request.rows_size());
  checked.outcomes.resize(request.rows_size());
  for (int i = 0; i < request.rows_size(); ++i) {
    const v1::ImportRow judged = Judged(request.rows(i));
    ImportRow row = FromRow(judged, partner, vouching);
    const absl::Status status = CheckRow(policy, ViolationsOf(judged), row);
    if (status.ok()) {
      checked.rows[i] = std::move(row);
    } else {
      checked.outcomes[i] = Refused(status);
    }
  }
  RefuseDuplicates(checked);
  for (size_t i = 0; i < checked.rows.size(); ++i) {
    if (!checked.rows[i].has_value()) continue;
    const Customer& account = checked.rows[i]->account;
    checked.open.push_back(i);
    checked.keys.push_back({account.directory_tenants.front().tenant_id, account.primary_domain, account.external_id});
  }
  return checked;
}

v1::ImportOutcome Refused(const absl::Status& refusal) {
  v1::ImportOutcome outcome;
  outcome.set_result(v1::IMPORT_RESULT_REFUSED);
  outcome.mutable_error()->ParseFromString(SerializeStatus(refusal));
  return outcome;
}

v1::ImportOutcome Taken(v1::ImportResult result, const AccountName& name) {
  v1::ImportOutcome outcome;
  outcome.set_result(result);
  if (!name.customer.empty()) outcome.set_customer(CustomerName(name));
  return outcome;
}

}  // namespace clientele::customer
