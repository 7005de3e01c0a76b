#include "common/pg/groupable.h"

namespace clientele::pg {
namespace {

// Of a failure that each of a group has met alike.
bool MetByAll(Failure failure) {
  return failure == Failure::kConnection || failure == Failure::kInDoubt || failure == Failure::kCancelled;
}

}  // namespace

void RunTogether(Session& session, const std::vector<Groupable*>& group) {
  const absl::Status status = group.front()->RunGroup(session, group);
  if (status.ok()) return;
  const bool each = group.size() > 1 && !MetByAll(FailureOf(status));
  for (Groupable* statement : group) {
    const absl::Status own = each ? statement->RunGroup(session, {statement}) : status;
    if (!own.ok()) statement->Refuse(own);
  }
}

}  // namespace clientele::pg
