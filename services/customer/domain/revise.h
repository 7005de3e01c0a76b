#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/revision.h"
#include "services/customer/domain/customer.h"
#include "services/customer/domain/profile.h"

// What becomes of an account: pure decisions, each the state after and how it is told.
namespace clientele::customer {

// Paths of the fields that differ, as the contract names them; personal ones by name too.
std::vector<std::string> ChangedFields(const Customer& before, const Customer& after);

// A partner's own change: `wanted` is the account with the caller's fields in place. The rules of the country are
// judged on the result, all of them at once, as soon as anything they are about changes; marks of the partner's own
// (external_id, labels) alone do not call for a complete profile.
// FAILED_PRECONDITION/CUSTOMER_ENDED, REGION_MISMATCH. INVALID_ARGUMENT with every violation.
absl::StatusOr<Revision<Customer>> Revise(const Customer& current, Customer wanted, const Policy& policy,
                                          absl::Time now);

// A new account whose relationship stands, or an ended one whose relationship stands again. Nothing changes where the
// account is ACTIVE, or where `relationship` is not newer than what decided its state.
Revision<Customer> Activate(const Customer& current, const Relationship& relationship, absl::Time now);

// The end of an ACTIVE account, guarded as Activate.
Revision<Customer> End(const Customer& current, const RelationshipSummary& relationship, absl::Time end_time,
                       absl::Time now);

// The end of an account that never came to stand: its relationship ended first. It is kept as ENDED, without a name, so
// that whatever still wants to make it stand finds a later state of the relationship. Nobody is told of it.
Revision<Customer> EndBeforeItStood(const Customer& fresh, const RelationshipSummary& relationship, absl::Time end_time,
                                    absl::Time now);

bool NeverStood(const Customer& account);

// The account that was to come, where nothing or only its end (`known`) is there: as Activate where `relationship` is
// newer than that end; else the ENDED account with what it brings, and nobody is told.
Revision<Customer> Begin(const Customer& fresh, const Customer& known, const Relationship& relationship,
                         absl::Time now);

}  // namespace clientele::customer
