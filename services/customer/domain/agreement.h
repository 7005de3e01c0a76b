#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// What the customer's administrator agreed to.
struct Agreement {
  std::string template_id;
  Contact primary_contact;
  std::string date_agreed;  // YYYY-MM-DD
};

// INVALID_ARGUMENT where `date_agreed` is no day, or lies in the future. It is judged by the latest day that it is
// anywhere on earth: the customer wrote the day where it is.
absl::Status CheckAgreement(const Agreement& agreement, absl::Time now);

}  // namespace clientele::customer
