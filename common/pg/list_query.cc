#include "common/pg/list_query.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/core/bug.h"
#include "common/pg/session.h"

namespace clientele::pg {
namespace {

const char* CastOf(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "::text";
    case FieldType::kInt:
    case FieldType::kEnum:
      return "::bigint";
    case FieldType::kBool:
      return "::boolean";
    case FieldType::kTime:
      return "::timestamptz";
    case FieldType::kUuid:
      return "::uuid";
  }
  return "";
}

// The next parameter, bound to `value`.
std::string Bind(const std::string& value, FieldType type, Params& params) {
  params.Text(value);
  return absl::StrCat("$", params.size(), CastOf(type));
}

void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | point >> 6));
    out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | point >> 12));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | point >> 18));
    out.push_back(static_cast<char>(0x80 | (point >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
  }
}

// The last code point of `text`, taken off it.
uint32_t TakeLast(std::string& text) {
  size_t start = text.size() - 1;
  while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xc0) == 0x80) --start;
  const auto lead = static_cast<uint8_t>(text[start]);
  uint32_t point = lead < 0x80 ? lead : lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
  for (size_t i = start + 1; i < text.size(); ++i) point = point << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
  text.resize(start);
  return point;
}

// The least text above every text that begins with `prefix`, by code points; empty where there is none.
std::string Above(std::string prefix) {
  while (!prefix.empty()) {
    const uint32_t point = TakeLast(prefix);
    if (point >= 0x10ffff) continue;
    // Surrogates are no characters.
    AppendUtf8(point == 0xd7ff ? 0xe000 : point + 1, prefix);
    return prefix;
  }
  return prefix;
}

// A range rather than LIKE: an index over COLLATE "C" serves it with a bound parameter too.
std::string Prefix(const Predicate& predicate, Params& params) {
  const std::string& column = predicate.field->column;
  if (predicate.value.empty()) return absl::StrCat(column, " IS NOT NULL");
  std::string sql = absl::StrCat(column, " >= ", Bind(predicate.value, FieldType::kText, params));
  const std::string above = Above(predicate.value);
  if (!above.empty()) absl::StrAppend(&sql, " AND ", column, " < ", Bind(above, FieldType::kText, params));
  return absl::StrCat("(", sql, ")");
}

std::string Compare(const Predicate& predicate, Params& params) {
  const char* comparison = "=";
  switch (predicate.comparison) {
    case Comparison::kEqual:
      break;
    case Comparison::kNotEqual:
      comparison = "IS DISTINCT FROM";
      break;
    case Comparison::kLess:
      comparison = "<";
      break;
    case Comparison::kLessOrEqual:
      comparison = "<=";
      break;
    case Comparison::kGreater:
      comparison = ">";
      break;
    case Comparison::kGreaterOrEqual:
      comparison = ">=";
      break;
    case Comparison::kPrefix:
      return Prefix(predicate, params);
  }
  const ListField& field = *predicate.field;
  return absl::StrCat(field.column, " ", comparison, " ", Bind(predicate.value, field.type, params));
}

std::string Sql(const Predicate& predicate, Params& params) {
  switch (predicate.kind) {
    case Predicate::Kind::kTrue:
      return "true";
    case Predicate::Kind::kCompare:
      return Compare(predicate, params);
    case Predicate::Kind::kNot:
      // A NULL is not what was asked for, so its opposite is.
      return absl::StrCat("(", Sql(predicate.children.at(0), params), ") IS NOT TRUE");
    case Predicate::Kind::kAnd:
    case Predicate::Kind::kOr:
      break;
  }
  const bool all = predicate.kind == Predicate::Kind::kAnd;
  if (predicate.children.empty()) return all ? "true" : "false";
  std::vector<std::string> parts;
  for (const Predicate& child : predicate.children) parts.push_back(Sql(child, params));
  return absl::StrCat("(", absl::StrJoin(parts, all ? " AND " : " OR "), ")");
}

// Rows after the cursor in the order of the list: one row comparison, which an index serves.
std::string After(const PageRequest& request, Params& params) {
  std::vector<std::string> columns, values;
  for (size_t i = 0; i < request.order.size(); ++i) {
    columns.push_back(request.order[i].column);
    values.push_back(Bind(request.after[i], request.order[i].type, params));
  }
  return absl::StrCat("(", absl::StrJoin(columns, ", "), ") ", request.order[0].descending ? "<" : ">", " (",
                      absl::StrJoin(values, ", "), ")");
}

}  // namespace

std::map<std::string, int> Words(const std::string& prefix, const std::map<std::string, int>& words) {
  std::map<std::string, int> both = words;
  for (const auto& [word, number] : words) both.emplace(prefix + word, number);
  return both;
}

BuiltQuery Build(const ListQuery& query, const PageRequest& request) {
  BuiltQuery built{"SELECT ", query.params};
  std::vector<std::string> conditions, order;
  if (!query.where.empty()) conditions.push_back(absl::StrCat("(", query.where, ")"));
  if (request.filter.kind != Predicate::Kind::kTrue) conditions.push_back(Sql(request.filter, built.params));
  for (const SortColumn& column : request.order) {
    if (column.descending != request.order[0].descending) CLIENTELE_BUG("an order goes both ways");
    absl::StrAppend(&built.sql, column.column, ", ");
    order.push_back(absl::StrCat(column.column, column.descending ? " DESC" : ""));
  }
  if (!request.after.empty()) {
    if (request.after.size() == request.order.size()) {
      conditions.push_back(After(request, built.params));
    } else {
      CLIENTELE_BUG("a cursor of another order");
      conditions.emplace_back("false");
    }
  }
  absl::StrAppend(&built.sql, query.columns, " ", query.from);
  if (!conditions.empty()) absl::StrAppend(&built.sql, " WHERE ", absl::StrJoin(conditions, " AND "));
  if (!order.empty()) absl::StrAppend(&built.sql, " ORDER BY ", absl::StrJoin(order, ", "));
  // As a literal: the plan of a page depends on it, and pages come in few sizes.
  absl::StrAppend(&built.sql, " LIMIT ", request.size + 1);
  return built;
}

absl::StatusOr<Rows> ReadRows(Session& session, const ListQuery& query, const PageRequest& request) {
  const BuiltQuery built = Build(query, request);
  return session.ReadDynamic(built.sql, built.params);
}

std::vector<std::string> NextCursor(const Rows& rows, const PageRequest& request) {
  std::vector<std::string> cursor;
  if (rows.size() <= request.size) return cursor;
  for (size_t i = 0; i < request.order.size(); ++i) {
    cursor.emplace_back(rows.Text(request.size - 1, static_cast<int>(i)));
  }
  return cursor;
}

}  // namespace clientele::pg
