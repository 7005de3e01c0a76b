#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "services/customer/domain/create.h"
#include "services/customer/domain/import.h"
#include "services/customer/storage/changes.h"

namespace clientele::customer {

// Keys of one row of a list, in the form they are stored in. An external id may be empty.
struct RowKeys {
  std::string tenant_id;
  std::string domain;
  std::string external_id;
};

// One account to make, or an ended one to ask for.
struct PlannedAccount {
  Customer account;
  int64_t organization_revision = 0;  // that was decided on; 0: the organisation is made too
  // What the organisation that is there lacks.
  bool new_domain = false;
  bool new_tenant = false;
  bool revive = false;
};

// What an import wants to write.
struct ImportPlan {
  std::vector<PlannedAccount> accounts;  // empty: nothing, and no saga
  pg::SagaStart saga;                    // of the id that the decision was given
};

// What became of one account of a saga: its relationship stands, or it was refused.
struct Settlement {
  std::string customer;
  std::optional<Relationship> stands;
};

// Accounts in the making. Rows are PROVISIONING, seen by their saga alone, until the relationship stands; a refusal
// leaves nothing of them. One statement a phase, for one account or 500. Thread-safe.
class ProvisioningStore {
 public:
  explicit ProvisioningStore(Encode<Customer> encode);

  // Reserves the keys of a new customer and starts its saga. ALREADY_EXISTS as CheckFree. With validate_only nothing
  // begins, and `saga` is not looked at.
  absl::StatusOr<pg::Begun> Create(pg::Session& session, CallContext& call, const Customer& customer,
                                   const pg::SagaStart& saga) const;

  // Reads what stands for the keys, and writes what `decide` makes of it. Decided again where another writer was first;
  // `saga` is the id of the saga to start, the same each time.
  using DecideImport = std::function<absl::StatusOr<ImportPlan>(const std::string& saga, const std::vector<RowFacts>&)>;
  absl::StatusOr<pg::Begun> Import(pg::Session& session, CallContext& call, const std::string& partner,
                                   const Vouching& vouching, const std::vector<RowKeys>& keys,
                                   const DecideImport& decide) const;

  // What stands for the keys, for the answer of an import.
  absl::StatusOr<std::vector<RowFacts>> Facts(pg::Session& session, const std::string& partner,
                                              const std::string& tenant_issuer, const std::vector<RowKeys>& keys) const;

  // Ends the making of a saga's accounts: those whose relationship stands become ACTIVE, with their event; of those
  // refused nothing is left. Safe to repeat.
  absl::Status Settle(pg::Session& session, CallContext& call, const std::string& partner, const std::string& saga,
                      const std::vector<Settlement>& settlements) const;

 private:
  const Encode<Customer> encode_;
};

}  // namespace clientele::customer
