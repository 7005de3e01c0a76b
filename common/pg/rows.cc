#include <algorithm>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/time/civil_time.h"
#include "common/core/bug.h"
#include "common/pg/rows_result.h"

namespace clientele::pg {
namespace {

// Takes digits and the separator after them off the front.
int64_t TakeNumber(absl::string_view& text) {
  int64_t value = 0;
  size_t i = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') value = value * 10 + (text[i++] - '0');
  text.remove_prefix(std::min(text.size(), i + 1));
  return value;
}

// 2026-01-31 23:59:59.123456+00, as sessions in UTC and ISO style write it.
absl::Time ParseTime(absl::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  const bool before_christ = text.size() > 3 && text.substr(text.size() - 3) == " BC";
  const int64_t year = TakeNumber(text);
  const int64_t month = TakeNumber(text);
  const int64_t day = TakeNumber(text);
  const int64_t hour = TakeNumber(text);
  const int64_t minute = TakeNumber(text);
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const bool fraction = digits < text.size() && text[digits] == '.';
  const int64_t second = TakeNumber(text);
  int64_t micros = 0;
  if (fraction) {
    size_t place = 0;
    for (; place < 6 && place < text.size() && text[place] >= '0' && text[place] <= '9'; ++place) {
      micros = micros * 10 + (text[place] - '0');
    }
    for (; place < 6; ++place) micros *= 10;
  }
  const absl::CivilSecond civil(before_christ ? 1 - year : year, month, day, hour, minute, second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) + absl::Microseconds(micros);
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
      const size_t end = std::min(text.find_first_of(",}", i), text.size());
      const absl::string_view element = text.substr(i, end - i);
      elements.emplace_back(element == "NULL" ? absl::string_view() : element);
      i = end;
    }
    if (i < text.size() && text[i] == ',') ++i;
  }
  return elements;
}

}  // namespace

Rows::Result::Result(const pqxx::result& result) : answer(result), columns(static_cast<int>(result.columns())) {
  cells.reserve(static_cast<size_t>(answer.size()) * columns);
  for (auto row = answer.begin(); row != answer.end(); ++row) {
    const auto end = row.end();
    for (auto field = row.begin(); field != end; ++field) {
      cells.push_back(field.is_null() ? Cell{nullptr, 0} : Cell{field.c_str(), static_cast<int>(field.size())});
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
  return result_ == nullptr ? 0 : static_cast<int>(result_->answer.size());
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

bool Rows::IsNull(int row, int column) const {
  if (row < 0 || row >= size() || column < 0 || column >= result_->columns) {
    CLIENTELE_BUG("a value outside of the answer was asked for");
    return true;
  }
  return result_->At(RowOf(row), column).data == nullptr;
}

absl::string_view Rows::Text(int row, int column) const {
  if (IsNull(row, column)) return {};
  const Result::Cell& cell = result_->At(RowOf(row), column);
  return absl::string_view(cell.data, static_cast<size_t>(cell.size));
}

int64_t Rows::Int(int row, int column) const {
  int64_t value = 0;
  const absl::string_view text = Text(row, column);
  if (!text.empty() && !absl::SimpleAtoi(text, &value)) CLIENTELE_BUG("a column is read as a number and is none");
  return value;
}

uint64_t Rows::Unsigned(int row, int column) const {
  uint64_t value = 0;
  const absl::string_view text = Text(row, column);
  if (!text.empty() && !absl::SimpleAtoi(text, &value)) CLIENTELE_BUG("a column is read as a number and is none");
  return value;
}

bool Rows::Bool(int row, int column) const { return Text(row, column) == "t"; }

absl::Time Rows::Time(int row, int column) const {
  return IsNull(row, column) ? absl::InfiniteFuture() : ParseTime(Text(row, column));
}

std::optional<absl::Time> Rows::OptionalTime(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return ParseTime(Text(row, column));
}

std::string Rows::Bytes(int row, int column) const {
  const absl::string_view text = Text(row, column);
  return text.size() < 2 ? "" : absl::HexStringToBytes(text.substr(2));
}

std::vector<std::string> Rows::TextArray(int row, int column) const { return ParseArray(Text(row, column)); }

}  // namespace clientele::pg
