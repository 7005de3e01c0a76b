#pragma once

#include <algorithm>
#include <map>
#include <string>
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
  std::vector<std::string> after;  // Page::next of the page before; empty is the first page
  int size = 0;
};

template <class T>
struct Page {
  std::vector<T> items;
  std::vector<std::string> next;  // cursor of the next page; empty on the last
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
  const absl::StatusOr<Rows> rows = ReadRows(session, query, request);
  if (!rows.ok()) return rows.status();
  Page<T> page{{}, NextCursor(*rows, request)};
  const int size = std::min(rows->size(), request.size);
  page.items.reserve(size);
  for (int i = 0; i < size; ++i) {
    RowReader row(*rows, i, static_cast<int>(request.order.size()));
    page.items.push_back(read(row));
  }
  return page;
}

}  // namespace clientele::pg
