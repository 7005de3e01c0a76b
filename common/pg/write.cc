#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/core/bug.h"
#include "common/pg/command.h"
#include "common/pg/failure.h"
#include "common/pg/given.h"
#include "common/testing/failpoint.h"

namespace clientele::pg {
namespace {

// {n} stands for the n-th parameter after those of the statement that it is appended to. One text for one row and for
// 500, of one command and of many: changes and commands come as arrays. A change whose entity did not return its id
// writes nothing.
constexpr char kTrail[] = R"sql(,
command AS (
  SELECT * FROM unnest({1}::text[], {2}::text[], {3}::text[], {4}::text[], {5}::text[], {6}::bytea[], {7}::text[],
                       {8}::timestamptz[], {9}::text[], {10}::bigint[], {11}::uuid[], {12}::text[], {13}::text[],
                       {14}::bytea[], {15}::text[])
       WITH ORDINALITY AS c(principal, on_behalf_of, method, request_id, told_request_id, request_hash, trace_id, call_time,
                            resource, outcome_revision, saga, saga_kind, saga_subject, saga_state, saga_owner, place)
),
change AS (
  SELECT c.*, d.principal, d.on_behalf_of, d.method, d.told_request_id, d.trace_id, d.call_time
  FROM unnest({16}::bigint[], {17}::text[], {18}::text[], {19}::text[], {20}::text[], {21}::bigint[], {22}::bigint[],
              {23}::bytea[], {24}::text[], {25}::uuid[])
       WITH ORDINALITY AS c(command, entity_id, type, subject, partner, generation, revision, after, changed_fields,
                            event_id, place)
  JOIN command AS d ON d.place = c.command
  WHERE c.entity_id IN (SELECT entity.id::text FROM entity)
),
event AS (
  INSERT INTO outbox (id, type, subject, partner, generation, revision, after, changed_fields, request_id, trace_id,
                      actor, create_time)
  SELECT event_id, type, subject, partner, generation, revision, after, string_to_array(changed_fields, ','),
         told_request_id, trace_id, principal, call_time
  FROM change WHERE type <> '' ORDER BY place
  RETURNING xid, seq
),
audit AS (
  INSERT INTO audit_record (id, partner, create_time, actor, on_behalf_of, operation, resource, revision,
                            changed_fields, method, request_id, trace_id)
  SELECT event_id, partner, call_time, principal, on_behalf_of, type, subject, revision,
         string_to_array(changed_fields, ','), method, told_request_id, trace_id
  FROM change WHERE type <> ''
),
request AS (
  INSERT INTO idempotency (principal, method, request_id, request_hash, resource, revision, saga, create_time)
  SELECT principal, method, request_id::uuid, request_hash, resource, outcome_revision, saga, call_time
  FROM command WHERE request_id <> '' AND place IN (SELECT command FROM change)
),
started AS (
  INSERT INTO saga (id, kind, subject, state, owner, lease_until, next_attempt, principal, on_behalf_of, trace_id,
                    request_id, create_time)
  SELECT saga, saga_kind, saga_subject, saga_state, saga_owner,
         clock_timestamp() + {26}::bigint * interval '1 millisecond', clock_timestamp(), principal, on_behalf_of,
         trace_id, told_request_id, call_time
  FROM command WHERE saga IS NOT NULL AND place IN (SELECT command FROM change)
)
SELECT (SELECT array_agg(entity.id::text) FROM entity), (SELECT xid FROM event LIMIT 1),
       (SELECT max(seq) FROM event), (SELECT epoch FROM feed_epoch))sql";
constexpr int kTrailParameters = 26;

std::string Trail(int first) {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (int i = 1; i <= kTrailParameters; ++i) {
    replacements.emplace_back(absl::StrCat("{", i, "}"), absl::StrCat("$", first + i));
  }
  return absl::StrReplaceAll(kTrail, replacements);
}

// One command's write.
class CommandWrite final : public Groupable {
 public:
  CommandWrite(const CallContext& call, const WritePlan& plan) : call_(call), plan_(plan) {
    for (const Change& change : plan.changes) claims_.push_back(change.entity_id);
    if (!call.request_id.empty())
      claims_.push_back(absl::StrCat(call.principal, " ", call.method, " ", call.request_id));
  }

  const Statement& statement() const override { return plan_.statement->statement; }
  absl::Time deadline() const override { return call_.deadline; }
  const std::vector<std::string>& claims() const override { return claims_; }
  bool alone() const override { return plan_.statement->grouping == Grouping::kAlone; }

  absl::Status RunGroup(Session& session, const std::vector<Groupable*>& group) override {
    std::vector<CommandWrite*> writes;
    writes.reserve(group.size());
    for (Groupable* write : group) writes.push_back(static_cast<CommandWrite*>(write));
    // Locks are taken in the order of the rows.
    std::sort(writes.begin(), writes.end(),
              [](const CommandWrite* a, const CommandWrite* b) { return a->claims_ < b->claims_; });
    const absl::StatusOr<Rows> rows = session.Write(statement(), ParamsOf(writes));
    if (!rows.ok()) return rows.status();
    // A test may lose the answer of a commit here, as a connection that breaks then does.
    if (CLIENTELE_FAILPOINT("pg.write.committed")) {
      session.Close();
      return FailureStatus(Failure::kInDoubt);
    }
    Note(writes, *rows);
    return absl::OkStatus();
  }
  void Refuse(const absl::Status& status) override { written_ = status; }

  absl::StatusOr<Written>& written() { return written_; }

 private:
  Params ParamsOf(const std::vector<CommandWrite*>& writes) const {
    std::vector<const Params*> given;
    given.reserve(writes.size());
    std::vector<Params> commands, changes;
    for (const CommandWrite* write : writes) {
      given.push_back(&write->plan_.params);
      write->AddTo(static_cast<int64_t>(given.size()), commands, changes);
    }
    Params params;
    params.Columns(given, plan_.params.size());
    params.Columns(commands, kCommandColumns).Columns(changes, kChangeColumns);
    params.Int(absl::ToInt64Milliseconds(kSagaLease));
    return params;
  }

  static constexpr int kCommandColumns = 15;
  static constexpr int kChangeColumns = 10;

  // Appends this command's row, and a row for each of its changes, as the trail takes them.
  void AddTo(int64_t place, std::vector<Params>& commands, std::vector<Params>& changes) const {
    const SagaStart none;
    const SagaStart& saga = plan_.saga.has_value() ? *plan_.saga : none;
    Params& command = commands.emplace_back();
    command.Text(call_.principal).Text(call_.on_behalf_of).Text(call_.method).Text(call_.request_id);
    command.Text(call_.told_request_id()).Bytes(call_.request_hash).Text(call_.trace_id).Time(call_.now);
    command.Text(plan_.resource).Int(plan_.revision);
    command.TextOrNull(saga.id).Text(saga.kind).Text(saga.subject).Bytes(saga.state).Text(saga.owner);
    for (const Change& change : plan_.changes) {
      Params& row = changes.emplace_back();
      row.Int(place).Text(change.entity_id).Text(change.type).Text(change.subject).Text(change.partner);
      row.Int(change.generation).Int(change.revision).Bytes(change.after);
      row.Text(absl::StrJoin(change.changed_fields, ",")).Text(Uuid::NewV7(call_.now).ToString());
    }
  }

  // Notes for each of `writes` what it changed.
  static void Note(const std::vector<CommandWrite*>& writes, const Rows& rows) {
    const std::vector<std::string> ids = rows.TextArray(0, 0);
    const FeedPosition position{std::string(rows.Text(0, 3)), rows.Unsigned(0, 1), rows.Unsigned(0, 2)};
    std::set<std::string> changed(ids.begin(), ids.end());
    for (CommandWrite* write : writes) {
      Written written;
      written.position = position;
      for (const Change& change : write->plan_.changes) {
        if (changed.erase(change.entity_id) > 0) written.entity_ids.push_back(change.entity_id);
      }
      write->written_ = std::move(written);
    }
    // Without this a change could reach nobody.
    if (!changed.empty()) CLIENTELE_BUG("a row changed that no Change of the plan names");
  }

  const CallContext& call_;
  const WritePlan& plan_;
  std::vector<std::string> claims_;
  absl::StatusOr<Written> written_ = absl::InternalError("not run");
};

}  // namespace

WriteStatement::WriteStatement(const std::string& name, const std::vector<GivenColumn>& columns,
                               const std::string& entity_sql, Grouping grouping)
    : statement{name,
                absl::StrCat("WITH ", GivenTable(columns), ", ", entity_sql, Trail(static_cast<int>(columns.size())))},
      columns(static_cast<int>(columns.size())),
      grouping(grouping) {}

absl::StatusOr<Written> Write(Session& session, const CallContext& call, const WritePlan& plan) {
  if (plan.params.size() != plan.statement->columns) CLIENTELE_BUG("a write has another number of columns");
  CommandWrite write(call, plan);
  session.Run(write);
  return std::move(write.written());
}

}  // namespace clientele::pg
