#include "services/relationship/storage/hold_rows.h"

namespace clientele::relationship {

TerminationHold ReadHold(pg::RowReader& row) {
  TerminationHold hold;
  hold.id = row.Text();
  hold.partner = row.Text();
  hold.customer = row.Text();
  hold.kind = static_cast<HoldKind>(row.Int());
  hold.description = row.Text();
  hold.reporter = row.Text();
  hold.revision = row.Int();
  hold.create_time = row.Time();
  hold.update_time = row.Time();
  return hold;
}

}  // namespace clientele::relationship
