#include "services/invitation/storage/invitation_batch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/invitation/domain/sending.h"
#include "services/invitation/storage/invitation_row.h"

namespace clientele::invitation {
namespace {

// $1 now, $2 limit.
const pg::Statement kDue{"invitation_due",
                         absl::StrCat("SELECT ", kInvitationColumns, " FROM invitation i ", kInvitationJoins,
                                      " WHERE i.state = 2 AND i.expire_time <= $1 ORDER BY i.expire_time LIMIT $2")};

const pg::LoadStatement kLoadMatching(
    "invitation_load_matching",
    {{"partner", "uuid"}, {"now", "timestamptz"}, {"domains", "text[]"}, {"target_keys", "text[]"}},
    absl::StrCat("SELECT ", kInvitationColumns, " FROM invitation i ", kInvitationJoins,
                 " WHERE i.partner = given.partner AND (i.state = 3 OR i.state = 2 AND i.expire_time > given.now) "
                 "AND (i.target_host = ANY(given.domains) OR i.target_key = ANY(given.target_keys)) "
                 "ORDER BY i.id LIMIT ",
                 InvitationBatch::kMaxRows));

}  // namespace

absl::StatusOr<int> InvitationBatch::ExpireDue(pg::Session& session, CallContext& call) const {
  pg::Params params;
  params.Time(call.now).Int(kMaxRows);
  const auto rows = session.Read(kDue, params);
  if (!rows.ok()) return rows.status();
  std::vector<Invitation> due;
  for (int i = 0; i < rows->size(); ++i) {
    pg::RowReader row(*rows, i);
    due.push_back(ReadInvitation(row));
  }
  if (absl::Status status = WriteExpired(session, call, due, encode_); !status.ok()) return status;
  return static_cast<int>(due.size());
}

absl::StatusOr<int> InvitationBatch::CancelMatching(pg::Session& session, CallContext& call,
                                                    const CustomerMatch& match) const {
  using Step = pg::Step<int>;
  pg::Params params;
  params.Text(match.partner).Time(call.now).TextArray(match.domains).TextArray(match.tenants);
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadMatching, params);
    if (!loaded.ok()) return loaded.status();
    // The record of a batch holds how many rows it changed where others hold a revision.
    if (loaded->replayed.has_value()) return Step{static_cast<int>(loaded->replayed->revision)};
    std::vector<Revision<Invitation>> revisions;
    for (int i = 0; i < loaded->count; ++i) {
      pg::RowReader row = loaded->Row(i);
      absl::StatusOr<Revision<Invitation>> revision = Cancel(ReadInvitation(row), "", call.now);
      if (!revision.ok()) return revision.status();
      revisions.push_back(*std::move(revision));
    }
    const int cancelled = static_cast<int>(revisions.size());
    if (revisions.empty() || call.validate_only) return Step{cancelled};
    pg::WritePlan plan = PlanClosing(revisions, /*all_or_none=*/true, encode_);
    plan.resource = PartnerName(match.partner);
    plan.revision = cancelled;
    return Step{cancelled, std::move(plan)};
  });
}

}  // namespace clientele::invitation
