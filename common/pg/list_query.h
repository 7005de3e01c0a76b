#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/pg/statement.h"

namespace clientele::pg {

// What a list's filter may name, and how the column is compared.
enum class FieldType { kText, kInt, kBool, kTime, kUuid, kEnum };

struct ListField {
  std::string column;  // SQL expression, such as c.company_key
  FieldType type = FieldType::kText;
  bool prefix = false;  // "Con*" is allowed
  // kEnum: word → number as stored, such as ACTIVE → 1.
  std::map<std::string, int> words;
  // Brings a value into the column's form (a sort key, a lower-case domain). May be empty.
  std::string (*normalise)(const std::string&) = nullptr;
};

// Names as callers write them → columns.
using ListFields = std::map<std::string, ListField>;

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

// One sort column. The last one of an order is unique in the list (the id), so that no row is skipped or repeated.
struct SortColumn {
  std::string column;
  FieldType type = FieldType::kText;
  bool descending = false;
};

// A page of a list by keyset: never OFFSET.
struct ListQuery {
  std::string select;  // SELECT … FROM … without WHERE
  std::string where;   // fixed part, parameters $1 …; may be empty
  Params params;       // of `where`
  Predicate filter;
  std::vector<SortColumn> order;   // all ascending or all descending
  std::vector<std::string> after;  // cursor: values of the order's columns; empty is the first page
  int limit = 0;                   // rows to fetch; ask for one more than the page to see whether there is a next
};

struct BuiltQuery {
  std::string sql;
  Params params;
};
BuiltQuery Build(const ListQuery& query);

}  // namespace clientele::pg
