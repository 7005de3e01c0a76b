#include "common/pg/given.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/bug.h"

namespace clientele::pg {

GivenStatement::GivenStatement(const std::string& name, const std::vector<GivenColumn>& columns, const std::string& sql)
    : statement{name, absl::StrCat("WITH ", GivenTable(columns), " ", sql)},
      columns(static_cast<int>(columns.size())) {}

std::string GivenTable(const std::vector<GivenColumn>& columns) {
  return absl::StrCat("given AS ", GivenRows(columns));
}

absl::Status GivenRow::RunGroup(Session& session, const std::vector<Groupable*>& group) {
  std::vector<GivenRow*> members;
  members.reserve(group.size());
  for (Groupable* member : group) members.push_back(static_cast<GivenRow*>(member));
  std::sort(members.begin(), members.end(),
            [](const GivenRow* a, const GivenRow* b) { return a->claims_ < b->claims_; });
  std::vector<const Params*> given;
  given.reserve(members.size());
  for (const GivenRow* member : members) given.push_back(&member->row_);
  Params params;
  params.Columns(given, row_.size());
  const absl::StatusOr<Rows> rows =
      claims_.empty() ? session.Read(statement_, params) : session.Write(statement_, params);
  if (!rows.ok()) return rows.status();
  std::vector<std::vector<int>> places(members.size());
  for (int row = 0; row < rows->size(); ++row) places[rows->Int(row, 0) - 1].push_back(row);
  for (size_t i = 0; i < members.size(); ++i) members[i]->rows_ = rows->Pick(std::move(places[i]));
  return absl::OkStatus();
}

namespace {

absl::StatusOr<Rows> RunGiven(Session& session, const GivenStatement& statement, const Params& row,
                              std::vector<std::string> claims) {
  if (row.size() != statement.columns) CLIENTELE_BUG("a row has another number of columns");
  GivenRow given(statement.statement, row, absl::InfiniteFuture(), std::move(claims));
  session.Run(given);
  return std::move(given.rows());
}

}  // namespace

absl::StatusOr<Rows> ReadGiven(Session& session, const GivenStatement& statement, const Params& row) {
  return RunGiven(session, statement, row, {});
}

absl::StatusOr<Rows> WriteGiven(Session& session, const GivenStatement& statement, const Params& row,
                                const std::string& claim) {
  return RunGiven(session, statement, row, {claim});
}

}  // namespace clientele::pg
