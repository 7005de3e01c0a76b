#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/core/revision.h"
#include "common/pg/command.h"
#include "common/pg/session.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {

// The change as feed and audit tell it.
pg::Change ChangeOf(const Revision<Invitation>& revision, const Encode<Invitation>& encode);

// One guarded write that brings several OPEN invitations into the closed state that all `revisions` have.
// `all_or_none`: nothing is written where one of them has changed since it was loaded; else that one is left as it is.
pg::WritePlan PlanClosing(const std::vector<Revision<Invitation>>& revisions, bool all_or_none,
                          const Encode<Invitation>& encode);

// Who writes what no caller asked for.
CallContext ClockContext(absl::Time now);

// Makes those of `due` EXPIRED that nobody changed meanwhile.
absl::Status WriteExpired(pg::Session& session, CallContext& call, const std::vector<Invitation>& due,
                          const Encode<Invitation>& encode);

}  // namespace clientele::invitation
