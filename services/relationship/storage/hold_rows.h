#pragma once

#include "common/pg/statement.h"
#include "services/relationship/domain/termination_hold.h"

namespace clientele::relationship {

// Columns of `termination_hold AS h` in the order that ReadHold takes them; the first is NULL where an outer join found
// none.
inline constexpr char kHoldColumns[] =
    "h.hold, h.partner, h.customer, h.kind, h.description, h.reporter, h.revision, h.create_time, h.update_time";

TerminationHold ReadHold(pg::RowReader& row);

}  // namespace clientele::relationship
