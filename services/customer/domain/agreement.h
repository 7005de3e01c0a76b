#pragma once

#include <string>

#include "services/customer/domain/customer.h"

namespace clientele::customer {

// What the customer's administrator agreed to.
struct Agreement {
  std::string template_id;
  Contact primary_contact;
  std::string date_agreed;  // YYYY-MM-DD
};

}  // namespace clientele::customer
