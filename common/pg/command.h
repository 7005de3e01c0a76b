#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/core/id.h"
#include "common/pg/session.h"

// A write is: load, decide, one guarded statement that writes entity, audit, outbox and idempotency record together.
namespace clientele::pg {

// One change of one resource, as the feed and the audit trail tell it.
struct Change {
  std::string entity_id;  // text of the `id` that the entity's part of the statement RETURNs
  std::string type;       // customer.created; empty: nobody may see the change yet, so neither feed nor audit tells it
  std::string subject;    // resource name
  std::string partner;    // partners/{partner}, or empty
  int64_t generation = 0;
  int64_t revision = 0;
  std::string after;  // serialized google.protobuf.Any without personal values
  std::vector<std::string> changed_fields;
};

// How long a saga is its replica's: from its start on, and from every step or renewal (database clock).
inline constexpr absl::Duration kSagaLease = absl::Seconds(15);

// A saga to start together with the change; see common/saga.
struct SagaStart {
  std::string id;       // UUID
  std::string kind;     // customer.create
  std::string subject;  // resource name; one running saga of a kind a subject
  std::string state;    // serialized, the saga's own message
  std::string owner;    // replica that runs it first, already leased for kSagaLease
};

// What stands in the idempotency record of a request.
struct Recorded {
  std::string request_hash;
  std::string resource;  // name of the outcome's resource
  int64_t revision = 0;
  std::string saga;       // id of the saga the request started, or empty
  FeedPosition position;  // of its last event
};

// Whether a statement may run as one with those of other commands on a shared connection.
enum class Grouping { kTogether, kAlone };

// The text of a guarded write: `entity_sql` is one or more CTEs of which `entity` RETURNs a column `id` (text or uuid)
// for each row it changed. Appended are audit, outbox, idempotency record and saga, each fed by entity's rows: what did
// not change leaves no trace.
struct WriteStatement {
  // Of what commands on a shared connection write at the same time, one statement is made. Each gives one row of
  // `columns`, which entity_sql finds in the table `given`, such as
  //   entity AS (UPDATE customer c SET … FROM given WHERE c.id = given.id AND c.revision = given.revision RETURNING
  //   c.id)
  // Rows come in the order of their changes' entity_id, in which they are to be locked; no two of them have the same.
  // What writes rows that belong to several entities, such as a parent's counter, is Grouping::kAlone.
  WriteStatement(const std::string& name, const std::vector<GivenColumn>& columns, const std::string& entity_sql,
                 Grouping grouping = Grouping::kTogether);
  const Statement statement;
  const int columns;
  const Grouping grouping;
};

// The text of a load: `select_sql` reads what the command decides on (at least one column), and the request's
// idempotency record comes with it in the same round trip.
struct LoadStatement {
  // One statement of many commands' loads, as WriteStatement: `select_sql` reads for one row `given`, such as
  //   SELECT … FROM customer c WHERE c.id = given.id
  LoadStatement(const std::string& name, const std::vector<GivenColumn>& columns, const std::string& select_sql);
  const Statement statement;
  const int columns;
};

// What a load found.
struct Loaded {
  // What the request came to when it was made before.
  std::optional<Recorded> replayed;
  Rows rows;      // select_sql's columns start at kFirstColumn
  int count = 0;  // rows that select_sql found; `rows` may have one row more where it found none
  static constexpr int kFirstColumn = 9;

  // The columns of select_sql in row `i`, one after the other; valid as long as this lives. Where select_sql found
  // nothing, row 0 is all NULL.
  RowReader Row(int i = 0) const { return RowReader(rows, i, kFirstColumn); }
};

// INVALID_ARGUMENT/REQUEST_ID_REUSED where the request_id was used with another body. For a replay
// `call.consistency[service]` becomes the position of the first answer.
absl::StatusOr<Loaded> Load(Session& session, CallContext& call, const LoadStatement& statement, const Params& params);

// What one guarded statement did.
struct Written {
  std::vector<std::string> entity_ids;  // rows of the plan that changed, in no order
  FeedPosition position;                // not before the last event that the plan wrote
};

// What a decision asks to be written.
struct WritePlan {
  const WriteStatement* statement = nullptr;
  Params params;                // the statement's given row
  std::vector<Change> changes;  // one for each row
  std::string resource;         // outcome, for the idempotency record
  int64_t revision = 0;
  std::optional<SagaStart> saga;
};

// The plan of a single change: it is the change's resource and revision that the idempotency record keeps.
WritePlan PlanOf(const WriteStatement& statement, Params params, Change change);

// Runs one guarded statement. No row changed is not an error: `entity_ids` is empty.
absl::StatusOr<Written> Write(Session& session, const CallContext& call, const WritePlan& plan);

// Where a command stands whose work a saga does.
struct Begun {
  std::string saga;      // to wait for; empty where nothing runs (validate_only, or nothing was to be done)
  std::string resource;  // outcome's name
  // This call's own, which its replica is to run: also where a commit in doubt turns out to have been made.
  bool mine = false;
};
// What a replay answers to a call that has made `saga` as the id of the saga it would start, once for all attempts.
Begun BegunBefore(const Recorded& replayed, const std::string& saga);

// What one attempt of a command came to.
template <class T>
struct Step {
  T answer;
  std::optional<WritePlan> plan = std::nullopt;  // none: nothing to write (a replay, validate_only, or no change)
};
// The answer of a command that has none.
struct NoAnswer {};

template <class Attempt>
using AnswerOf = decltype(std::invoke_result_t<const Attempt&>::value_type::answer);
// What RunCommand loops over: attempts whose answer it keeps.
using PlanAttempt = std::function<absl::StatusOr<std::optional<WritePlan>>()>;
absl::Status RunAttempts(Session& session, CallContext& call, const PlanAttempt& attempt, Written* written);

// The loop of every command. `attempt`, a callable that returns absl::StatusOr<Step<T>>, loads, decides and says what
// is to be written; RunCommand writes it and, where the write lost a race (no row, 23505, serialization) or a keyed
// commit is in doubt, calls it again: the next load sees the winner or the record. Bounded by the deadline and 16
// attempts, then ABORTED/WRITE_CONFLICT. Without a request_id a commit in doubt is UNKNOWN/COMMIT_UNKNOWN. Failures are
// mapped by ForCaller; so `attempt` returns them as they are. After a write `call.consistency[service]` is its
// position, and `written` (where given) says which rows of a batch changed; without a write it is left as it was.
template <class Attempt>
absl::StatusOr<AnswerOf<Attempt>> RunCommand(Session& session, CallContext& call, const Attempt& attempt,
                                             Written* written = nullptr) {
  std::optional<AnswerOf<Attempt>> answer;
  const absl::Status status = RunAttempts(
      session, call,
      [&]() -> absl::StatusOr<std::optional<WritePlan>> {
        auto step = attempt();
        if (!step.ok()) return step.status();
        answer = std::move(step->answer);
        return std::move(step->plan);
      },
      written);
  if (!status.ok()) return status;
  return *std::move(answer);
}

// Brings this service's entry of `call.consistency` up to `position`.
void Advance(const FeedPosition& position, CallContext& call);

// Name of this service in consistency metadata, such as `customer`; set once at start, before the first command.
void SetServiceName(const std::string& name);
const std::string& ServiceName();

}  // namespace clientele::pg
