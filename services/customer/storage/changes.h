#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/core/revision.h"
#include "common/pg/command.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// How feed and audit tell a change of an account.
inline pg::Change ChangeOf(const Revision<Customer>& revision, const Encode<Customer>& encode) {
  const Customer& after = revision.after;
  return {after.name.customer,
          revision.type,
          CustomerName(after.name),
          PartnerName(after.name.partner),
          after.relationship.generation,
          after.revision,
          encode(after),
          revision.changed_fields};
}

// A change that nobody may see yet, or that only its saga cares about.
inline pg::Change SilentChange(const AccountName& name, int64_t revision) {
  return {name.customer, "", CustomerName(name), PartnerName(name.partner), 0, revision, "", {}};
}

}  // namespace clientele::customer
