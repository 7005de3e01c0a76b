#include "services/invitation/storage/invitation_closing.h"

#include <utility>

#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

// Rows are locked in the order of their ids, so that two batches never wait for each other. Alone, since what is
// closed all or none is counted.
const pg::WriteStatement kClose("invitation_close",
                                {{"ids", "uuid[]"},
                                 {"loaded_revisions", "bigint[]"},
                                 {"delivery_states", "smallint[]"},
                                 {"attempt_counts", "integer[]"},
                                 {"last_errors", "text[]"},
                                 {"state", "smallint"},
                                 {"update_time", "timestamptz"},
                                 {"all_or_none", "boolean"}},
                                R"sql(
closing AS MATERIALIZED (
  SELECT c.*, given.state, given.update_time
  FROM given, unnest(given.ids, given.loaded_revisions, given.delivery_states, given.attempt_counts, given.last_errors)
    AS c(id, loaded_revision, delivery_state, attempt_count, last_error)
),
locked AS MATERIALIZED (
  SELECT i.id FROM invitation i JOIN closing c ON i.id = c.id AND i.revision = c.loaded_revision
  ORDER BY i.id FOR NO KEY UPDATE OF i
),
held AS MATERIALIZED (
  SELECT FROM given WHERE NOT given.all_or_none OR cardinality(given.ids) = (SELECT count(*) FROM locked)
),
entity AS (
  UPDATE invitation i
  SET state = c.state, delivery_state = c.delivery_state, delivery_attempt_count = c.attempt_count,
      delivery_last_error = c.last_error, revision = i.revision + 1, etag_revision = i.revision + 1,
      update_time = c.update_time
  FROM held, locked JOIN closing c ON locked.id = c.id
  WHERE i.id = c.id AND i.revision = c.loaded_revision
  RETURNING i.id
))sql",
                                pg::Grouping::kAlone);

}  // namespace

pg::Change ChangeOf(const Revision<Invitation>& revision, const Encode<Invitation>& encode) {
  pg::Change change;
  change.entity_id = revision.after.id;
  change.type = revision.type;
  change.subject = NameOf(revision.after);
  change.partner = PartnerName(revision.after.partner);
  change.revision = revision.after.revision;
  change.after = encode(revision.after);
  change.changed_fields = revision.changed_fields;
  return change;
}

pg::WritePlan PlanClosing(const std::vector<Revision<Invitation>>& revisions, bool all_or_none,
                          const Encode<Invitation>& encode) {
  std::vector<std::string> ids;
  std::vector<int64_t> loaded;
  std::vector<int64_t> delivery_states;
  std::vector<int64_t> attempt_counts;
  std::vector<std::string> last_errors;
  pg::WritePlan plan;
  plan.statement = &kClose;
  for (const Revision<Invitation>& revision : revisions) {
    const Invitation& after = revision.after;
    ids.push_back(after.id);
    loaded.push_back(after.revision - 1);
    delivery_states.push_back(static_cast<int>(after.delivery.state));
    attempt_counts.push_back(after.delivery.attempt_count);
    last_errors.push_back(after.delivery.last_error);
    plan.changes.push_back(ChangeOf(revision, encode));
  }
  plan.params.TextArray(ids)
      .IntArray(loaded)
      .IntArray(delivery_states)
      .IntArray(attempt_counts)
      .TextArray(last_errors)
      .Int(static_cast<int>(revisions.front().after.state))
      .Time(revisions.front().after.update_time)
      .Bool(all_or_none);
  plan.resource = NameOf(revisions.front().after);
  plan.revision = revisions.front().after.revision;
  return plan;
}

CallContext ClockContext(absl::Time now) {
  CallContext call;
  call.principal = "service:invitation-service";
  call.method = "clock/invitation.expire";
  call.now = now;
  call.deadline = absl::InfiniteFuture();
  return call;
}

absl::Status WriteExpired(pg::Session& session, CallContext& call, const std::vector<Invitation>& due,
                          const Encode<Invitation>& encode) {
  std::vector<Revision<Invitation>> revisions;
  for (const Invitation& invitation : due) {
    absl::StatusOr<Revision<Invitation>> expired = Expire(invitation, call.now);
    if (expired.ok()) revisions.push_back(*std::move(expired));
  }
  if (revisions.empty()) return absl::OkStatus();
  return pg::Write(session, call, PlanClosing(revisions, /*all_or_none=*/false, encode)).status();
}

}  // namespace clientele::invitation
