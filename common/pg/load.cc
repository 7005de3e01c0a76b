#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/pg/command.h"
#include "common/pg/groupable.h"

namespace clientele::pg {
namespace {

// Whose load it is: these columns follow the statement's own.
const std::vector<GivenColumn>& CallColumns() {
  static const auto* const kColumns =
      new std::vector<GivenColumn>{{"call_principal", "text"}, {"call_method", "text"}, {"call_request_id", "text"}};
  return *kColumns;
}

// The record and its position are read in the same snapshot as the rest.
constexpr char kRecord[] = R"sql( AS given
LEFT JOIN LATERAL (
  SELECT i.request_hash, i.resource, i.revision, i.saga, i.xid,
         (SELECT max(o.seq) FROM outbox AS o WHERE o.xid = i.xid) AS seq, (SELECT e.epoch FROM feed_epoch AS e) AS epoch
  FROM idempotency AS i
  WHERE i.principal = given.call_principal AND i.method = given.call_method
    AND i.request_id = NULLIF(given.call_request_id, '')::uuid
) AS r ON true
LEFT JOIN LATERAL (SELECT true AS found, selected.* FROM ()sql";

enum Column { kPlace, kHash, kResource, kRevision, kSaga, kTxid, kSequence, kEpoch, kFound };
static_assert(kFound + 1 == Loaded::kFirstColumn, "select_sql's columns follow the record's");

std::string TextOf(const std::vector<GivenColumn>& columns, int first, const std::string& select_sql) {
  return absl::StrCat(
      "SELECT given.place, r.request_hash, r.resource, r.revision, r.saga, r.xid, r.seq, r.epoch, loaded.* FROM ",
      GivenRows(columns, first), kRecord, select_sql, ") AS selected) AS loaded ON true");
}

std::vector<GivenColumn> WithCall(std::vector<GivenColumn> columns) {
  columns.insert(columns.end(), CallColumns().begin(), CallColumns().end());
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

// One command's load.
class CommandLoad final : public Groupable {
 public:
  CommandLoad(const LoadStatement& load, const CallContext& call, const Params& params)
      : load_(load), deadline_(call.deadline), params_(params) {
    (load.alone ? call_ : params_).Text(call.principal).Text(call.method).Text(call.request_id);
  }

  const Statement& statement() const override { return load_.statement; }
  absl::Time deadline() const override { return deadline_; }
  const std::vector<std::string>& claims() const override { return claims_; }
  bool alone() const override { return load_.alone; }

  absl::Status RunGroup(Session& session, const std::vector<Groupable*>& group) override {
    Params params;
    if (load_.alone) {
      params = params_;
      params.Columns({&call_}, call_.size());
    } else {
      std::vector<const Params*> given;
      given.reserve(group.size());
      for (const Groupable* load : group) given.push_back(&static_cast<const CommandLoad*>(load)->params_);
      params.Columns(given, params_.size());
    }
    const absl::StatusOr<Rows> found = session.Read(load_.statement, params);
    if (!found.ok()) return found.status();
    std::vector<std::vector<int>> places(group.size());
    for (int row = 0; row < found->size(); ++row) places[found->Int(row, kPlace) - 1].push_back(row);
    for (size_t i = 0; i < group.size(); ++i) {
      static_cast<CommandLoad*>(group[i])->rows_ = found->Pick(std::move(places[i]));
    }
    return absl::OkStatus();
  }
  void Refuse(const absl::Status& status) override { rows_ = status; }

  absl::StatusOr<Rows>& rows() { return rows_; }

 private:
  const LoadStatement& load_;
  const absl::Time deadline_;
  const std::vector<std::string> claims_;  // none: reads do not meet
  Params params_;                          // of the row, or of a load that runs alone
  Params call_;
  absl::StatusOr<Rows> rows_ = absl::InternalError("not run");
};

}  // namespace

LoadStatement::LoadStatement(const std::string& name, const std::vector<GivenColumn>& columns,
                             const std::string& select_sql)
    : statement{name, TextOf(WithCall(columns), 1, select_sql)},
      select_parameters(static_cast<int>(columns.size())),
      alone(false) {}

LoadStatement::LoadStatement(const std::string& name, const std::string& select_sql, int select_parameters)
    : statement{name, TextOf(CallColumns(), select_parameters + 1, select_sql)},
      select_parameters(select_parameters),
      alone(true) {}

absl::StatusOr<Loaded> Load(Session& session, CallContext& call, const LoadStatement& statement, const Params& params) {
  if (params.size() != statement.select_parameters) CLIENTELE_BUG("a load has another number of parameters");
  CommandLoad load(statement, call, params);
  session.Run(load);
  if (!load.rows().ok()) return load.rows().status();
  Loaded loaded;
  loaded.rows = *std::move(load.rows());
  loaded.count = loaded.rows.IsNull(0, kFound) ? 0 : loaded.rows.size();
  if (loaded.rows.IsNull(0, kHash)) return loaded;
  loaded.replayed = ReadRecord(loaded.rows);
  if (loaded.replayed->request_hash != call.request_hash) return RequestIdReused(call.request_id);
  Advance(loaded.replayed->position, call);
  return loaded;
}

}  // namespace clientele::pg
