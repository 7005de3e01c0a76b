#include "common/pg/command.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/obs/metrics.h"
#include "common/pg/failure.h"
#include "common/testing/failpoint.h"

namespace clientele::pg {
namespace {

constexpr int kMaxAttempts = 8;
constexpr int kMaxReconnects = 1;
constexpr Backoff kConflictBackoff{absl::Milliseconds(2), absl::Milliseconds(100), 2.0};

// {n} stands for the n-th parameter after those of the statement that it is appended to. One text for one row and for
// 500: the rows come as arrays. A change whose entity did not return its id writes nothing.
constexpr char kTrail[] = R"sql(,
change AS (
  SELECT c.* FROM unnest({1}::text[], {2}::text[], {3}::text[], {4}::text[], {5}::bigint[], {6}::bigint[], {7}::bytea[],
                         {8}::text[], {9}::uuid[]) WITH ORDINALITY AS c(entity_id, type, subject, partner, generation,
                         revision, after, changed_fields, event_id, place)
  WHERE c.entity_id IN (SELECT entity.id::text FROM entity)
),
event AS (
  INSERT INTO outbox (id, type, subject, partner, generation, revision, after, changed_fields, request_id, trace_id,
                      actor, create_time)
  SELECT event_id, type, subject, partner, generation, revision, after, string_to_array(changed_fields, ','),
         {25}::text, {15}::text, {10}::text, {16}::timestamptz
  FROM change WHERE type <> '' ORDER BY place
  RETURNING xid, seq
),
audit AS (
  INSERT INTO audit_record (id, partner, create_time, actor, on_behalf_of, operation, resource, revision,
                            changed_fields, method, request_id, trace_id)
  SELECT event_id, partner, {16}::timestamptz, {10}::text, {11}::text, type, subject, revision,
         string_to_array(changed_fields, ','), {12}::text, {25}::text, {15}::text
  FROM change WHERE type <> ''
),
request AS (
  INSERT INTO idempotency (principal, method, request_id, request_hash, resource, revision, saga, create_time)
  SELECT {10}::text, {12}::text, NULLIF({13}::text, '')::uuid, {14}::bytea, {17}::text, {18}::bigint, {19}::uuid, {16}::timestamptz
  WHERE {13}::text <> '' AND EXISTS (SELECT FROM change)
),
started AS (
  INSERT INTO saga (id, kind, subject, state, owner, lease_until, next_attempt, principal, on_behalf_of, trace_id,
                    request_id, create_time)
  SELECT {19}::uuid, {20}::text, {21}::text, {22}::bytea, {23}::text,
         clock_timestamp() + {24}::bigint * interval '1 millisecond', clock_timestamp(), {10}::text, {11}::text,
         {15}::text, {25}::text, {16}::timestamptz
  WHERE {19}::uuid IS NOT NULL AND EXISTS (SELECT FROM change)
)
SELECT (SELECT array_agg(entity.id::text) FROM entity), (SELECT xid FROM event LIMIT 1),
       (SELECT max(seq) FROM event), (SELECT epoch FROM feed_epoch))sql";
constexpr int kTrailParameters = 25;

// The record and its position are read in the same snapshot as the rest.
constexpr char kLoadHead[] = R"sql(
SELECT r.request_hash, r.resource, r.revision, r.saga, r.xid, r.seq, r.epoch, loaded.*
FROM (SELECT) AS one
LEFT JOIN (
  SELECT i.request_hash, i.resource, i.revision, i.saga, i.xid,
         (SELECT max(o.seq) FROM outbox AS o WHERE o.xid = i.xid) AS seq, (SELECT e.epoch FROM feed_epoch AS e) AS epoch
  FROM idempotency AS i
  WHERE i.principal = {1}::text AND i.method = {2}::text AND i.request_id = NULLIF({3}::text, '')::uuid
) AS r ON true
LEFT JOIN (SELECT true AS found, selected.* FROM ()sql";
constexpr char kLoadTail[] = ") AS selected) AS loaded ON true";
constexpr int kLoadParameters = 3;
constexpr int kFoundColumn = Loaded::kFirstColumn - 1;

std::string Numbered(const std::string& text, int first, int count) {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (int i = 1; i <= count; ++i) replacements.emplace_back(absl::StrCat("{", i, "}"), absl::StrCat("$", first + i));
  return absl::StrReplaceAll(text, replacements);
}

std::string& Service() {
  static auto* const name = new std::string;
  return *name;
}

void AppendChanges(const std::vector<Change>& changes, absl::Time now, Params& params) {
  std::vector<std::string> ids, types, subjects, partners, afters, changed_fields, event_ids;
  std::vector<int64_t> generations, revisions;
  for (const Change& change : changes) {
    ids.push_back(change.entity_id);
    types.push_back(change.type);
    subjects.push_back(change.subject);
    partners.push_back(change.partner);
    generations.push_back(change.generation);
    revisions.push_back(change.revision);
    afters.push_back(change.after);
    changed_fields.push_back(absl::StrJoin(change.changed_fields, ","));
    event_ids.push_back(Uuid::NewV7(now).ToString());
  }
  params.TextArray(ids).TextArray(types).TextArray(subjects).TextArray(partners);
  params.IntArray(generations).IntArray(revisions).BytesArray(afters);
  params.TextArray(changed_fields).TextArray(event_ids);
}

// Brings this service's entry of `call.consistency` up to `position`.
void Advance(const FeedPosition& position, CallContext& call) {
  if (position.txid == 0) return;  // nothing was told
  FeedPosition& known = call.consistency[ServiceName()];
  if (known.epoch != position.epoch || known < position) known = position;
}

Recorded ReadRecord(const Rows& rows) {
  RowReader row(rows, 0);
  Recorded recorded;
  recorded.request_hash = row.Bytes();
  recorded.resource = row.Text();
  recorded.revision = row.Int();
  recorded.saga = row.Text();
  recorded.position = {std::string(rows.Text(0, 6)), rows.Unsigned(0, 4), rows.Unsigned(0, 5)};
  return recorded;
}

absl::Status RequestIdReused(const std::string& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                   absl::StrCat("request_id ", request_id, " was used for another request"),
                   {{"request_id", request_id}});
}

// A change of the resource was not made because another one was first.
absl::Status LostRace() { return FailureStatus(Failure::kSerialization); }

void CountRetry(Failure failure) {
  static const auto counter = [](const char* cause) {
    return &obs::CounterFor("clientele_write_retries_total", "Attempts of a command that were repeated, by cause",
                            {{"cause", cause}});
  };
  static obs::Counter* const unique = counter("unique");
  static obs::Counter* const conflict = counter("conflict");
  static obs::Counter* const connection = counter("connection");
  (failure == Failure::kUnique ? unique : failure == Failure::kSerialization ? conflict : connection)->Increment();
}

absl::Status AttemptOnce(Session& session, CallContext& call, const PlanAttempt& attempt, Written* out) {
  const absl::StatusOr<std::optional<WritePlan>> plan = attempt();
  if (!plan.ok() || !plan->has_value()) return plan.status();
  absl::StatusOr<Written> written = Write(session, call, **plan);
  if (!written.ok()) return written.status();
  if (written->entity_ids.empty()) return LostRace();
  Advance(written->position, call);
  if (out != nullptr) *out = *std::move(written);
  return absl::OkStatus();
}

}  // namespace

WriteStatement::WriteStatement(const std::string& name, const std::string& entity_sql, int entity_parameters)
    : statement{name, absl::StrCat("WITH ", entity_sql, Numbered(kTrail, entity_parameters, kTrailParameters))},
      entity_parameters(entity_parameters) {}

LoadStatement::LoadStatement(const std::string& name, const std::string& select_sql, int select_parameters)
    : statement{name, absl::StrCat(Numbered(kLoadHead, select_parameters, kLoadParameters), select_sql, kLoadTail)},
      select_parameters(select_parameters) {}

absl::StatusOr<Loaded> Load(Session& session, CallContext& call, const LoadStatement& statement, const Params& params) {
  if (params.size() != statement.select_parameters) CLIENTELE_BUG("a load has another number of parameters");
  Params all = params;
  all.Text(call.principal).Text(call.method).Text(call.request_id);
  absl::StatusOr<Rows> rows = session.Read(statement.statement, all);
  if (!rows.ok()) return rows.status();
  Loaded loaded;
  loaded.rows = *std::move(rows);
  loaded.count = loaded.rows.IsNull(0, kFoundColumn) ? 0 : loaded.rows.size();
  if (loaded.rows.IsNull(0, 0)) return loaded;
  loaded.replayed = ReadRecord(loaded.rows);
  if (loaded.replayed->request_hash != call.request_hash) return RequestIdReused(call.request_id);
  Advance(loaded.replayed->position, call);
  return loaded;
}

WritePlan PlanOf(const WriteStatement& statement, Params params, Change change) {
  WritePlan plan;
  plan.statement = &statement;
  plan.params = std::move(params);
  plan.resource = change.subject;
  plan.revision = change.revision;
  plan.changes.push_back(std::move(change));
  return plan;
}

Begun BegunBefore(const Recorded& replayed, const std::string& saga) {
  return {replayed.saga, replayed.resource, !replayed.saga.empty() && replayed.saga == saga};
}

absl::StatusOr<Written> Write(Session& session, const CallContext& call, const WritePlan& plan) {
  if (plan.params.size() != plan.statement->entity_parameters)
    CLIENTELE_BUG("a write has another number of parameters");
  Params params = plan.params;
  AppendChanges(plan.changes, call.now, params);
  params.Text(call.principal).Text(call.on_behalf_of).Text(call.method).Text(call.request_id).Bytes(call.request_hash);
  params.Text(call.trace_id).Time(call.now).Text(plan.resource).Int(plan.revision);
  const SagaStart none;
  const SagaStart& saga = plan.saga.has_value() ? *plan.saga : none;
  params.TextOrNull(saga.id).Text(saga.kind).Text(saga.subject).Bytes(saga.state).Text(saga.owner);
  params.Int(absl::ToInt64Milliseconds(kSagaLease)).Text(call.told_request_id());

  const absl::StatusOr<Rows> rows = session.Write(plan.statement->statement, params);
  if (!rows.ok()) return rows.status();
  // A test may lose the answer of a commit here, as a connection that breaks then does.
  if (CLIENTELE_FAILPOINT("pg.write.committed")) {
    session.Close();
    return FailureStatus(Failure::kInDoubt);
  }
  Written written;
  written.entity_ids = rows->TextArray(0, 0);
  written.position = {std::string(rows->Text(0, 3)), rows->Unsigned(0, 1), rows->Unsigned(0, 2)};
  // Without this a change could reach nobody.
  const bool told =
      std::any_of(plan.changes.begin(), plan.changes.end(), [](const Change& c) { return !c.type.empty(); });
  if (!written.entity_ids.empty() && rows->IsNull(0, 1) && (told || plan.changes.empty())) {
    CLIENTELE_BUG("a row changed that no Change of the plan names");
  }
  return written;
}

absl::Status RunAttempts(Session& session, CallContext& call, const PlanAttempt& attempt, Written* written) {
  int reconnects = 0;
  for (int n = 1;; ++n) {
    const absl::Status status = AttemptOnce(session, call, attempt, written);
    const Failure failure = FailureOf(status);
    switch (failure) {
      case Failure::kUnique:
      case Failure::kSerialization:
        break;
      case Failure::kInDoubt:
        // Only the record of a key can tell whether it was committed.
        if (call.request_id.empty()) return ForCaller(status);
        [[fallthrough]];
      case Failure::kConnection:
        if (++reconnects > kMaxReconnects || !session.Connect().ok()) return DatabaseUnavailable();
        break;
      default:
        return ForCaller(status);
    }
    const absl::Duration delay = kConflictBackoff.Delay(n);
    if (n == kMaxAttempts || absl::Now() + delay >= call.deadline) return ForCaller(status);
    CountRetry(failure);
    absl::SleepFor(delay);
  }
}

void SetServiceName(const std::string& name) { Service() = name; }

const std::string& ServiceName() { return Service(); }

}  // namespace clientele::pg
