#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/groupable.h"
#include "common/pg/session.h"

namespace clientele::pg {

// A read or a write of rows that many give, each one: of what is asked for at the same time on a shared connection, one
// statement is made. `sql` finds the rows in the table `given` and answers given.place first, such as
//   UPDATE thing t SET size = given.size FROM given WHERE t.id = given.id RETURNING given.place
struct GivenStatement {
  GivenStatement(const std::string& name, const std::vector<GivenColumn>& columns, const std::string& sql);
  const Statement statement;
  const int columns;
};

// The rows that `sql` answers for `row`. Their columns start at 1.
absl::StatusOr<Rows> ReadGiven(Session& session, const GivenStatement& statement, const Params& row);
// As ReadGiven, of a write. `claim` names what it changes: one of the same claim waits until this one is through.
absl::StatusOr<Rows> WriteGiven(Session& session, const GivenStatement& statement, const Params& row,
                                const std::string& claim);

// `given AS (…)` of the rows in arrays from $1 on.
std::string GivenTable(const std::vector<GivenColumn>& columns);

// One caller's row of a statement over rows, whose answer starts with the row's place.
class GivenRow : public Groupable {
 public:
  // A write is one that claims something.
  GivenRow(const Statement& statement, Params row, absl::Time deadline, std::vector<std::string> claims)
      : statement_(statement), row_(std::move(row)), deadline_(deadline), claims_(std::move(claims)) {}

  const Statement& statement() const override { return statement_; }
  absl::Time deadline() const override { return deadline_; }
  const std::vector<std::string>& claims() const override { return claims_; }
  bool alone() const override { return false; }
  absl::Status RunGroup(Session& session, const std::vector<Groupable*>& group) override;
  void Refuse(const absl::Status& status) override { rows_ = status; }

  absl::StatusOr<Rows>& rows() { return rows_; }

 private:
  const Statement& statement_;
  const Params row_;
  const absl::Time deadline_;
  const std::vector<std::string> claims_;
  absl::StatusOr<Rows> rows_ = absl::InternalError("not run");
};

}  // namespace clientele::pg
