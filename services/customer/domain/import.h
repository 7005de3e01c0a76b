#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/customer/domain/customer.h"
#include "services/customer/domain/import_source.h"
#include "services/customer/domain/profile.h"

// What becomes of each row of a list. One row never decides about another but as its duplicate.
namespace clientele::customer {

// A row of a list.
struct ImportRow {
  std::string relationship;  // what the portal says the partner is
  Customer account;          // with primary domain and the one tenant of the row
};

enum class RowAction {
  kRefuse,   // `refusal` says why
  kPresent,  // the partner has the customer
  kWait,     // another saga makes an account of it right now: decide again when `saga` is done
  kCreate,   // makes an account; with an organisation where `customer` is empty
  kRevive,   // the relationship's owner decides whether the ended account stands again
};

struct RowDecision {
  RowAction action = RowAction::kRefuse;
  absl::Status refusal;
  std::string customer;  // id of the organisation; empty where it is new
  int64_t organization_revision = 0;
  std::string saga;         // kWait: the one that runs; kPresent: the one that made the account
  bool new_domain = false;  // the organisation that is there lacks the row's domain
  bool new_tenant = false;
};

// What stands in the cell for a row's keys. Ids are empty where there is nothing.
struct RowFacts {
  std::string tenant_organization;
  std::string domain_organization;
  int64_t organization_revision = 0;
  bool has_account = false;  // the partner's own of the organisation
  AccountState state = AccountState::kProvisioning;
  std::string saga;
  bool elsewhere = false;      // another partner has a live account of the organisation
  std::string elsewhere_saga;  // that makes one for another partner right now, or revives it
  std::string external_id_customer;
  bool external_id_visible = false;
};

// INVALID_FIELD where a list was made in the future: a wrong clock would make every end of a relationship older. Five
// minutes are let pass.
absl::Status CheckListTime(const std::optional<absl::Time>& list_time, absl::Time now);

// Field and market rules of one row, with paths inside the row. `violations` are those of the contract's own rules.
// FAILED_PRECONDITION/RELATIONSHIP_KIND_NOT_IMPORTABLE where the relationship is not the reseller's.
absl::Status CheckRow(const Policy& policy, std::vector<FieldViolation> violations, ImportRow& row);

// For each row the index of an earlier one with the same tenant or domain; nothing else. Rows at null are left out.
std::vector<std::optional<size_t>> FindDuplicates(const std::vector<const ImportRow*>& rows);

// ALREADY_EXISTS/DUPLICATE_ROW.
absl::Status DuplicateRow(size_t earlier);

// What becomes of a row that passed its rules.
RowDecision DecideRow(const RowFacts& facts, const ImportRow& row, const Vouching& vouching);

}  // namespace clientele::customer
