#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/pg/command.h"
#include "common/pg/given.h"

namespace clientele::pg {
namespace {

// The record and its position are read in the same snapshot as the rest. There is one record at most; the limit has the
// planner look it up for each row given. It would join the table as a whole, if it planned while that is empty, and
// keep that plan while it grows.
constexpr char kRecord[] = R"sql(
FROM given
LEFT JOIN LATERAL (
  SELECT i.request_hash, i.resource, i.revision, i.saga, i.xid,
         (SELECT max(o.seq) FROM outbox AS o WHERE o.xid = i.xid) AS seq, (SELECT e.epoch FROM feed_epoch AS e) AS epoch
  FROM idempotency AS i
  WHERE i.principal = given.call_principal AND i.method = given.call_method
    AND i.request_id = NULLIF(given.call_request_id, '')::uuid
  LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (SELECT true AS found, selected.* FROM ()sql";

enum Column { kPlace, kHash, kResource, kRevision, kSaga, kTxid, kSequence, kEpoch, kFound };
static_assert(kFound + 1 == Loaded::kFirstColumn, "select_sql's columns follow the record's");

// Whose load it is stands behind the statement's own columns.
std::vector<GivenColumn> WithCall(std::vector<GivenColumn> columns) {
  for (const char* name : {"call_principal", "call_method", "call_request_id"}) columns.push_back({name, "text"});
  return columns;
}

Recorded ReadRecord(const Rows& rows) {
  RowReader row(rows, 0, kHash);
  Recorded recorded;
  recorded.request_hash = row.Bytes();
  recorded.resource = row.Text();
  recorded.revision = row.Int();
  recorded.saga = row.Text();
  recorded.position = {std::string(rows.Text(0, kEpoch)), rows.Unsigned(0, kTxid), rows.Unsigned(0, kSequence)};
  return recorded;
}

absl::Status RequestIdReused(const std::string& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                   absl::StrCat("request_id ", request_id, " was used for another request"),
                   {{"request_id", request_id}});
}

}  // namespace

LoadStatement::LoadStatement(const std::string& name, const std::vector<GivenColumn>& columns,
                             const std::string& select_sql)
    : statement{name, absl::StrCat("WITH ", GivenTable(WithCall(columns)),
                                   " SELECT given.place, r.request_hash, r.resource, r.revision, r.saga, r.xid, "
                                   "r.seq, r.epoch, loaded.* ",
                                   kRecord, select_sql, ") AS selected) AS loaded ON true")},
      columns(static_cast<int>(columns.size())) {}

absl::StatusOr<Loaded> Load(Session& session, CallContext& call, const LoadStatement& statement, const Params& params) {
  if (params.size() != statement.columns) CLIENTELE_BUG("a load has another number of columns");
  Params row = params;
  row.Text(call.principal).Text(call.method).Text(call.request_id);
  GivenRow given(statement.statement, std::move(row), call.deadline, {});
  session.Run(given);
  const absl::StatusOr<Rows>& rows = given.rows();
  if (!rows.ok()) return rows.status();
  Loaded loaded;
  loaded.rows = *rows;
  loaded.count = loaded.rows.IsNull(0, kFound) ? 0 : loaded.rows.size();
  if (loaded.rows.IsNull(0, kHash)) return loaded;
  loaded.replayed = ReadRecord(loaded.rows);
  if (loaded.replayed->request_hash != call.request_hash) return RequestIdReused(call.request_id);
  Advance(loaded.replayed->position, call);
  return loaded;
}

}  // namespace clientele::pg
