#pragma once

#include <string>

#include "common/pg/statement.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {

// An invitation's columns, in the order ReadInvitation takes them: of table `invitation i` with InvitationJoins.
extern const char kInvitationColumns[];
// The mail and the saga on the way, whose progress an invitation shows.
extern const char kInvitationJoins[];

Invitation ReadInvitation(pg::RowReader& row);

// SET list of the columns that change, from $`first` on, and its parameters.
inline constexpr int kChangeParameters = 15;
std::string ChangeAssignments(int first);
void AppendChange(const Invitation& after, pg::Params& params);

}  // namespace clientele::invitation
