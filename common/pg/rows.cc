#include <algorithm>
#include <charconv>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/time/civil_time.h"
#include "common/core/bug.h"
#include "common/pg/rows_result.h"

namespace clientele::pg {
namespace {

// 0 of NULL.
template <class Number>
Number NumberIn(absl::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  const bool whole = error == std::errc() && stopped == end;
  if (!text.empty() && !whole) CLIENTELE_BUG("a column is read as a number and is none");
  return value;
}

// Takes digits and the separator behind them.
int64_t TakeNumber(const char*& next, const char* end) {
  int64_t value = 0;
  for (; next != end && absl::ascii_isdigit(*next); ++next) value = value * 10 + (*next - '0');
  if (next != end) ++next;
  return value;
}

// 2026-01-31 23:59:59.123456+00, as sessions in UTC and ISO style write it.
absl::Time ParseTime(absl::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  const bool before_christ = text.size() > 3 && text.substr(text.size() - 3) == " BC";
  const char* next = text.data();
  const char* const end = next + text.size();
  const int64_t year = TakeNumber(next, end);
  const int64_t month = TakeNumber(next, end);
  const int64_t day = TakeNumber(next, end);
  const int64_t hour = TakeNumber(next, end);
  const int64_t minute = TakeNumber(next, end);
  const int64_t second = TakeNumber(next, end);
  int64_t micros = 0;
  if (next != text.data() && next[-1] == '.') {
    for (int place = 0; place < 6; ++place) {
      micros = micros * 10 + (next != end && absl::ascii_isdigit(*next) ? *next++ - '0' : 0);
    }
  }
  // Without a time zone, which would have to be asked what it has to say to UTC.
  constexpr absl::CivilSecond kEpoch(1970);
  const absl::CivilSecond civil(before_christ ? 1 - year : year, month, day, hour, minute, second);
  return absl::FromUnixSeconds(civil - kEpoch) + absl::Microseconds(micros);
}

// An element in double quotes, from its first character on; moves `i` behind the closing quote.
std::string TakeQuoted(absl::string_view text, size_t& i) {
  std::string element;
  while (i < text.size() && text[i] != '"') {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    element.push_back(text[i++]);
  }
  ++i;
  return element;
}

// {a,"b, \"c\"",NULL}, of one dimension.
std::vector<std::string> ParseArray(absl::string_view text) {
  std::vector<std::string> elements;
  size_t i = 1;
  while (i < text.size() && text[i] != '}') {
    if (text[i] == '"') {
      elements.push_back(TakeQuoted(text, ++i));
    } else {
      size_t end = i;
      while (end < text.size() && text[end] != ',' && text[end] != '}') ++end;
      const absl::string_view element = text.substr(i, end - i);
      elements.emplace_back(element == "NULL" ? absl::string_view() : element);
      i = end;
    }
    if (i < text.size() && text[i] == ',') ++i;
  }
  return elements;
}

}  // namespace

Rows::Result::Result(const pqxx::result& result)
    : answer(result), rows(static_cast<int>(result.size())), columns(static_cast<int>(result.columns())) {
  values.reserve(static_cast<size_t>(rows) * columns);
  for (auto row = answer.begin(); row != answer.end(); ++row) {
    const auto end = row.end();
    for (auto field = row.begin(); field != end; ++field) {
      const size_t size = field.size();
      values.push_back(size == 0 && field.is_null() ? absl::string_view() : absl::string_view(field.c_str(), size));
    }
  }
}

Rows::Rows() = default;
Rows::~Rows() = default;
Rows::Rows(const Rows&) = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(const Rows&) = default;
Rows& Rows::operator=(Rows&&) noexcept = default;

int Rows::size() const {
  if (picked_ != nullptr) return static_cast<int>(picked_->size());
  return result_ == nullptr ? 0 : result_->rows;
}

Rows Rows::Pick(std::vector<int> rows) const {
  Rows some;
  some.result_ = result_;
  some.picked_ = std::make_shared<const std::vector<int>>(std::move(rows));
  return some;
}

int64_t Rows::affected() const {
  return result_ == nullptr ? 0 : static_cast<int64_t>(result_->answer.affected_rows());
}

bool Rows::IsNull(int row, int column) const { return RowReader(*this, row, column).IsNull(); }
absl::string_view Rows::Text(int row, int column) const { return RowReader(*this, row, column).View(); }
int64_t Rows::Int(int row, int column) const { return RowReader(*this, row, column).Int(); }
uint64_t Rows::Unsigned(int row, int column) const { return RowReader(*this, row, column).Unsigned(); }
bool Rows::Bool(int row, int column) const { return RowReader(*this, row, column).Bool(); }
absl::Time Rows::Time(int row, int column) const { return RowReader(*this, row, column).Time(); }
std::string Rows::Bytes(int row, int column) const { return RowReader(*this, row, column).Bytes(); }
std::vector<std::string> Rows::TextArray(int row, int column) const {
  return RowReader(*this, row, column).TextArray();
}

RowReader::RowReader(const Rows& rows, int row, int first_column) {
  if (row < 0 || row >= rows.size() || first_column < 0 || first_column > rows.result_->columns) return;
  const int in_answer = rows.picked_ == nullptr ? row : (*rows.picked_)[row];
  const size_t columns = static_cast<size_t>(rows.result_->columns);
  const absl::string_view* const first = rows.result_->values.data() + in_answer * columns;
  next_ = first + first_column;
  end_ = first + columns;
}

absl::string_view RowReader::Missing() {
  CLIENTELE_BUG("a value outside of the answer was asked for");
  return {};
}

int64_t RowReader::Int() { return NumberIn<int64_t>(View()); }

uint64_t RowReader::Unsigned() { return NumberIn<uint64_t>(View()); }

absl::Time RowReader::Time() { return OptionalTime().value_or(absl::InfiniteFuture()); }

std::optional<absl::Time> RowReader::OptionalTime() {
  const absl::string_view text = View();
  if (text.data() == nullptr) return std::nullopt;
  return ParseTime(text);
}

std::string RowReader::Bytes() {
  const absl::string_view text = View();
  return text.size() < 2 ? "" : absl::HexStringToBytes(text.substr(2));
}

std::vector<std::string> RowReader::TextArray() { return ParseArray(View()); }

void RowReader::Skip(int columns) { next_ += std::min<std::ptrdiff_t>(columns, end_ - next_); }

}  // namespace clientele::pg
