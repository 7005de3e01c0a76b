#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "services/customer/domain/customer.h"
#include "services/customer/domain/profile.h"

namespace clientele::customer {

// A customer that a partner wants to create, in the form it is stored in. FAILED_PRECONDITION/
// NEW_CUSTOMERS_NOT_ACCEPTED, INVALID_ARGUMENT with every violation.
absl::Status CheckNewCustomer(const Policy& policy, Customer& customer);

// Who has a key that a new customer needs. `organization` is empty where nobody has it.
struct KeyHolder {
  std::string organization;
  std::optional<AccountState> own;  // state of this partner's account of it
};
struct TakenKeys {
  KeyHolder domain;
  KeyHolder tenant;
  std::string external_id_customer;
  bool external_id_visible = false;  // the account that has it is past its making
};

// ALREADY_EXISTS/DOMAIN_TAKEN, TENANT_TAKEN or EXTERNAL_ID_TAKEN, with who has it as far as the partner may know.
absl::Status CheckFree(const TakenKeys& taken, const Customer& wanted);

// ALREADY_EXISTS/EXTERNAL_ID_TAKEN. `holder` is empty where it may not be named.
absl::Status ExternalIdTaken(const std::string& external_id, const AccountName& holder);

}  // namespace clientele::customer
