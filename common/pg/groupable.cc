#include "common/pg/groupable.h"

#include "absl/time/clock.h"
#include "common/pg/executor.h"
#include "common/pg/failure.h"

namespace clientele::pg {
namespace {

// Of a failure that each of a group has met alike.
bool MetByAll(Failure failure) {
  return failure == Failure::kConnection || failure == Failure::kInDoubt || failure == Failure::kCancelled;
}

absl::Status RunAlone(Session& session, Groupable& statement) {
  if (absl::Now() >= statement.deadline()) return ExpiredInQueue();
  // One before it may have lost the connection.
  if (!session.connected() && !session.Connect().ok()) return FailureStatus(Failure::kConnection);
  return statement.RunGroup(session, {&statement});
}

}  // namespace

void RunTogether(Session& session, const std::vector<Groupable*>& group, const std::function<void(size_t)>& settled) {
  const absl::Status status = group.front()->RunGroup(session, group);
  const bool each = !status.ok() && group.size() > 1 && !MetByAll(FailureOf(status));
  for (size_t i = 0; i < group.size(); ++i) {
    const absl::Status own = each ? RunAlone(session, *group[i]) : status;
    if (!own.ok()) group[i]->Refuse(own);
    settled(i);
  }
}

}  // namespace clientele::pg
