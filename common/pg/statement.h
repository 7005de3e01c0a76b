#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace clientele::pg {

// A prepared statement. Each is one object of static duration; a session prepares it at its first use.
struct Statement {
  std::string name;  // unique in the binary
  std::string sql;
};

// The parameters $1, $2, … of one execution, in order. Values are bound, never spliced into SQL.
class Params {
 public:
  Params& Text(absl::string_view value);
  // NULL where the text is empty.
  Params& TextOrNull(absl::string_view value);
  Params& Int(int64_t value);
  Params& Bool(bool value);
  Params& Time(absl::Time value);
  // NULL for absl::InfiniteFuture() and for nullopt.
  Params& TimeOrNull(std::optional<absl::Time> value);
  Params& Bytes(absl::string_view value);
  Params& Null();
  Params& TextArray(const std::vector<std::string>& values);
  // An empty string becomes a NULL element.
  Params& NullableTextArray(const std::vector<std::string>& values);
  Params& IntArray(const std::vector<int64_t>& values);
  // One array of each of the `columns` of all rows: the parameters of GivenRows.
  Params& Columns(const std::vector<const Params*>& rows, int columns);
  Params& Columns(const std::vector<Params>& rows, int columns);

  const std::vector<std::optional<std::string>>& values() const { return values_; }
  int size() const { return static_cast<int>(values_.size()); }

 private:
  std::vector<std::optional<std::string>> values_;
};

// A column of rows that a statement is given: its name, and its type in PostgreSQL.
struct GivenColumn {
  std::string name;
  std::string type;
};

// The rows given as one array of each column, $1, $2, …, as a subquery: (SELECT …). It has a column `place` more, the
// row's number from 1 on.
//
// The limit takes no row away. It has the planner expect one row where it does not know the arrays, so that the plan is
// kept; it would expect ten, find a plan for known arrays cheaper, and make that anew for each execution, which costs
// several times what the statement does.
std::string GivenRows(const std::vector<GivenColumn>& columns);

// The rows of an answer. Cheap to copy; views stay valid as long as one copy lives. Columns are numbered from 0 in the
// order of the SELECT list. RowReader says how values are read.
class Rows {
 public:
  Rows();
  ~Rows();
  Rows(const Rows&);
  Rows(Rows&&) noexcept;
  Rows& operator=(const Rows&);
  Rows& operator=(Rows&&) noexcept;

  int size() const;
  bool empty() const { return size() == 0; }
  // Rows that an INSERT, UPDATE or DELETE touched.
  int64_t affected() const;

  bool IsNull(int row, int column) const;
  absl::string_view Text(int row, int column) const;
  int64_t Int(int row, int column) const;
  uint64_t Unsigned(int row, int column) const;
  bool Bool(int row, int column) const;
  absl::Time Time(int row, int column) const;
  std::string Bytes(int row, int column) const;
  std::vector<std::string> TextArray(int row, int column) const;

  // Those of the rows, in this order.
  Rows Pick(std::vector<int> rows) const;

 private:
  friend class Connection;
  friend class RowReader;
  struct Result;

  std::shared_ptr<const Result> result_;
  std::shared_ptr<const std::vector<int>> picked_;  // none: all rows
};

// One row of Rows, with the columns read one after the other: for decoding a wide row without counting columns. The
// rows must outlive it.
class RowReader {
 public:
  RowReader(const Rows& rows, int row, int first_column = 0);

  // Empty for NULL. The view lives as long as the rows.
  absl::string_view View() { return next_ == end_ ? Missing() : *next_++; }
  std::string Text() { return std::string(View()); }
  // 0 for NULL.
  int64_t Int();
  uint64_t Unsigned();
  // False for NULL.
  bool Bool() { return View() == "t"; }
  // InfiniteFuture for NULL: what has not ended.
  absl::Time Time();
  std::optional<absl::Time> OptionalTime();
  // Empty for NULL.
  std::string Bytes();
  // Empty for NULL. NULL elements become empty strings.
  std::vector<std::string> TextArray();
  // Of the next column, which stays the next.
  bool IsNull() const { return (next_ == end_ ? Missing() : *next_).data() == nullptr; }
  void Skip(int columns = 1);

 private:
  // A bug: a value outside of the answer.
  static absl::string_view Missing();

  const absl::string_view* next_ = nullptr;
  const absl::string_view* end_ = nullptr;
};

}  // namespace clientele::pg
