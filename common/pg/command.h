#pragma once

#include <functional>
#include <optional>
#include <string>
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

// The text of a guarded write: `entity_sql` is one or more CTEs of which `entity` RETURNs a column `id` (text or uuid)
// for each row it changed, such as
//   entity AS (UPDATE customer SET … WHERE partner = $1 AND id = $2 AND revision = $3 RETURNING id)
// Its parameters are $1 … $<entity_parameters>. Appended are audit, outbox, idempotency record and saga, each fed by
// entity's rows: what did not change leaves no trace.
struct WriteStatement {
  WriteStatement(const std::string& name, const std::string& entity_sql, int entity_parameters);
  const Statement statement;
  const int entity_parameters;
};

// The text of a load: `select_sql` reads what the command decides on (at least one column; $1 … $<select_parameters>),
// and the request's idempotency record comes with it in the same round trip.
struct LoadStatement {
  LoadStatement(const std::string& name, const std::string& select_sql, int select_parameters);
  const Statement statement;
  const int select_parameters;
};

// What a load found.
struct Loaded {
  std::optional<Recorded> recorded;
  Rows rows;      // select_sql's columns start at kFirstColumn
  int count = 0;  // rows that select_sql found; `rows` may have one row more where it found none
  static constexpr int kFirstColumn = 8;
};

absl::StatusOr<Loaded> Load(Session& session, const CallContext& call, const LoadStatement& statement,
                            const Params& params);

// What one guarded statement did.
struct Written {
  std::vector<std::string> entity_ids;  // rows that changed, in no order
  FeedPosition position;                // of the last event written
};

// What a decision asks to be written.
struct WritePlan {
  const WriteStatement* statement = nullptr;
  Params params;                // of the entity's part
  std::vector<Change> changes;  // one for each row
  std::string resource;         // outcome, for the idempotency record
  int64_t revision = 0;
  std::optional<SagaStart> saga;
};

// Runs one guarded statement. No row changed is not an error: `entity_ids` is empty.
absl::StatusOr<Written> Write(Session& session, const CallContext& call, const WritePlan& plan);

// One attempt of a command: what it came to.
struct Step {
  // Nothing to write: the command has its answer already (a replay, validate_only, or no change).
  bool done = false;
  WritePlan plan;
};

// The loop of every command. `attempt` loads, decides and returns a Step; RunCommand writes and, where the write
// lost a race (no row, 23505, serialization) or a keyed commit is in doubt, calls it again: the next load sees the
// winner or the record. Bounded by the deadline and 8 attempts, then ABORTED/WRITE_CONFLICT. Without a request_id a
// commit in doubt is UNKNOWN/COMMIT_UNKNOWN. After a write `call.consistency[service]` is its position, and `written`
// (where given) says which rows of a batch changed; without a write it is left as it was.
absl::Status RunCommand(Session& session, CallContext& call, const std::function<absl::StatusOr<Step>()>& attempt,
                        Written* written = nullptr);

// Replay check of a load: nullopt where the request is new; else `call.consistency[service]` becomes the position of
// the first answer. INVALID_ARGUMENT/REQUEST_ID_REUSED where the recorded request had another body.
absl::StatusOr<std::optional<Recorded>> Replayed(const Loaded& loaded, CallContext& call);

// Name of this service in consistency metadata, such as `customer`; set once at start, before the first command.
void SetServiceName(const std::string& name);
const std::string& ServiceName();

}  // namespace clientele::pg
