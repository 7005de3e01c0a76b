#include "common/pg/statement.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace clientele::pg {
namespace {

std::string TimeText(absl::Time value) {
  if (value == absl::InfiniteFuture()) return "infinity";
  if (value == absl::InfinitePast()) return "-infinity";
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", value, absl::UTCTimeZone());
}

std::string BytesText(absl::string_view value) { return absl::StrCat("\\x", absl::BytesToHexString(value)); }

void AppendQuoted(absl::string_view value, std::string& out) {
  out.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

// An array literal; `append` writes one element.
template <class Values, class Append>
std::string ArrayText(const Values& values, const Append& append) {
  std::string out = "{";
  bool first = true;
  for (const auto& value : values) {
    if (!first) out.push_back(',');
    first = false;
    append(value, out);
  }
  out.push_back('}');
  return out;
}

}  // namespace

Params& Params::Text(absl::string_view value) {
  values_.emplace_back(std::string(value));
  return *this;
}

Params& Params::TextOrNull(absl::string_view value) { return value.empty() ? Null() : Text(value); }

Params& Params::Int(int64_t value) { return Text(absl::StrCat(value)); }

Params& Params::Bool(bool value) { return Text(value ? "t" : "f"); }

Params& Params::Time(absl::Time value) { return Text(TimeText(value)); }

Params& Params::TimeOrNull(std::optional<absl::Time> value) {
  return !value.has_value() || *value == absl::InfiniteFuture() ? Null() : Time(*value);
}

Params& Params::Bytes(absl::string_view value) { return Text(BytesText(value)); }

Params& Params::Null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

Params& Params::TextArray(const std::vector<std::string>& values) {
  return Text(ArrayText(values, [](const std::string& value, std::string& out) { AppendQuoted(value, out); }));
}

Params& Params::NullableTextArray(const std::vector<std::string>& values) {
  return Text(ArrayText(values, [](const std::string& value, std::string& out) {
    if (value.empty()) {
      out.append("NULL");
    } else {
      AppendQuoted(value, out);
    }
  }));
}

Params& Params::IntArray(const std::vector<int64_t>& values) {
  return Text(ArrayText(values, [](int64_t value, std::string& out) { absl::StrAppend(&out, value); }));
}

Params& Params::Columns(const std::vector<Params>& rows, int columns) {
  std::vector<const Params*> pointers;
  pointers.reserve(rows.size());
  for (const Params& row : rows) pointers.push_back(&row);
  return Columns(pointers, columns);
}

Params& Params::Columns(const std::vector<const Params*>& rows, int columns) {
  for (int column = 0; column < columns; ++column) {
    Text(ArrayText(rows, [column](const Params* row, std::string& out) {
      if (const std::optional<std::string>& value = row->values()[column]; value.has_value()) {
        AppendQuoted(*value, out);
      } else {
        out.append("NULL");
      }
    }));
  }
  return *this;
}

std::string GivenRows(const std::vector<GivenColumn>& columns) {
  std::string select, arrays, names;
  int parameter = 0;
  for (const GivenColumn& column : columns) {
    // PostgreSQL has no array of arrays: such a column's values come as text.
    const bool array = absl::EndsWith(column.type, "[]");
    absl::StrAppend(&select, "a.", column.name, array ? absl::StrCat("::", column.type, " AS ", column.name) : "",
                    ", ");
    absl::StrAppend(&arrays, arrays.empty() ? "$" : ", $", ++parameter, "::", array ? "text" : column.type, "[]");
    absl::StrAppend(&names, column.name, ", ");
  }
  return absl::StrCat("(SELECT ", select, "a.place FROM unnest(", arrays, ") WITH ORDINALITY AS a(", names,
                      "place) LIMIT cardinality($", parameter,
                      "::", absl::EndsWith(columns.back().type, "[]") ? "text" : columns.back().type, "[]))");
}

}  // namespace clientele::pg
