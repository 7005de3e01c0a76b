#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/pg/statement.h"

namespace clientele::pg {

class Session;

// What a list's filter may name, and how the column is compared.
enum class FieldType { kText, kInt, kBool, kTime, kUuid, kEnum };

struct ListField {
  std::string column;  // SQL expression, such as c.company_key
  FieldType type = FieldType::kText;
  bool prefix = false;  // "Con*" is allowed
  // kEnum: word → number as stored; see Words.
  std::map<std::string, int> words;
  // Brings a value into the column's form (a sort key, a lower-case domain). May be empty.
  std::string (*normalise)(const std::string&) = nullptr;
  bool personal = false;  // no name for callers who are not shown personal values: they would find one letter by letter
};

// Names as callers write them → columns.
using ListFields = std::map<std::string, ListField>;

// An enum's words as a filter takes them: each as it stands, such as ACTIVE, and behind the prefix that the proto gives
// it, such as INVITATION_STATE_.
std::map<std::string, int> Words(const std::string& prefix, const std::map<std::string, int>& words);

enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kPrefix };

// A parsed and checked filter (see common/rpc/filter.h).
struct Predicate {
  enum class Kind { kTrue, kAnd, kOr, kNot, kCompare };
  Kind kind = Kind::kTrue;
  std::vector<Predicate> children;
  // kCompare:
  const ListField* field = nullptr;
  Comparison comparison = Comparison::kEqual;
  std::string value;  // in the column's text form
};

// One sort column, never NULL: a cursor passes over NULLs. The last one of an order is unique in the list (the id), so
// that no row is skipped or repeated. All of one order are ascending, or all descending.
struct SortColumn {
  std::string column;
  FieldType type = FieldType::kText;
  bool descending = false;
};

// Names as callers write them → columns.
using ListOrders = std::map<std::string, std::vector<SortColumn>>;

// How a list can be asked for. A static object: predicates point into it.
struct Listing {
  ListFields fields;
  ListOrders orders;
  std::string default_order;  // as an order_by, such as "create_time desc"
};

// Which part of a list a caller asks for: by keyset, never OFFSET.
struct PageRequest {
  Predicate filter;
  std::vector<SortColumn> order;
  std::vector<std::string> after;  // Page::next() of the page before; empty is the first page
  int size = 0;
};

// A part of a list. Its items are decoded as they are walked over, so that one at a time is in memory:
//   for (const Customer& customer : page) …
template <class T>
class Page {
 public:
  using Read = T (*)(RowReader&);

  class Iterator {
   public:
    T operator*() const {
      RowReader row(page_->rows_, place_, page_->first_column_);
      return page_->read_(row);
    }
    Iterator& operator++() {
      ++place_;
      return *this;
    }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return a.place_ != b.place_; }

   private:
    friend class Page;
    Iterator(const Page* page, int place) : page_(page), place_(place) {}

    const Page* page_;
    int place_;
  };

  // The first `size` of the rows; `read` takes their columns from `first_column` on.
  Page(Rows rows, int size, int first_column, Read read, std::vector<std::string> next)
      : rows_(std::move(rows)), size_(size), first_column_(first_column), read_(read), next_(std::move(next)) {}

  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The cursor of the next page; empty on the last.
  const std::vector<std::string>& next() const { return next_; }

 private:
  Rows rows_;
  int size_;
  int first_column_;
  Read read_;
  std::vector<std::string> next_;
};

// Where a list reads from.
struct ListQuery {
  std::string columns;  // of the SELECT list
  std::string from;     // FROM … with its joins
  std::string where;    // fixed part; may be empty
  Params params;        // $1 … of `from` and `where`
};

struct BuiltQuery {
  std::string sql;
  Params params;
};
// Asks for one row more than the page has: it tells whether there is a next one. The order's columns come first, since
// what they hold in the last row is the next page's cursor, exactly.
BuiltQuery Build(const ListQuery& query, const PageRequest& request);

// The answer to Build, and the cursor that lies in it. For ReadPage.
absl::StatusOr<Rows> ReadRows(Session& session, const ListQuery& query, const PageRequest& request);
std::vector<std::string> NextCursor(const Rows& rows, const PageRequest& request);

// Reads a page; `read` takes the query's columns of one row.
template <class T>
absl::StatusOr<Page<T>> ReadPage(Session& session, const ListQuery& query, const PageRequest& request,
                                 T (*read)(RowReader&)) {
  absl::StatusOr<Rows> rows = ReadRows(session, query, request);
  if (!rows.ok()) return rows.status();
  const int size = std::min(rows->size(), request.size);
  std::vector<std::string> next = NextCursor(*rows, request);
  return Page<T>(*std::move(rows), size, static_cast<int>(request.order.size()), read, std::move(next));
}

}  // namespace clientele::pg
