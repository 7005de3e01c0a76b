#pragma once

#include <string>
#include <vector>

#include "common/pg/statement.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {

// An invitation's columns, in the order ReadInvitation takes them: of table `invitation i` with InvitationJoins.
extern const char kInvitationColumns[];
// The mail and the saga on the way, whose progress an invitation shows.
extern const char kInvitationJoins[];

Invitation ReadInvitation(pg::RowReader& row);

// `columns`, and those of an invitation that a change may change: of a row that AppendChange ends.
std::vector<pg::GivenColumn> WithChange(std::vector<pg::GivenColumn> columns);
// SET list of an UPDATE that takes them from `given`.
std::string ChangeAssignments();
void AppendChange(const Invitation& after, pg::Params& params);

}  // namespace clientele::invitation
