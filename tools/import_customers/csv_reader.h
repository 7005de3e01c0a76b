#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace clientele::import_customers {

// One record of a CSV file, or one line that is none.
struct CsvRecord {
  int64_t line = 0;  // where it begins; the first line is 1
  std::vector<std::string> fields;
  std::string error;  // why the line is no record; then `fields` is empty
  std::string raw;    // the broken line as it stands, its bytes that are not UTF-8 replaced
};

// A column that has a cell of a kind of its own in each record.
struct KeyColumn {
  size_t index = 0;
  std::function<bool(const std::string& cell)> is_key;
};

// Reads CSV as RFC 4180 has it: quotes, doubled quotes, line ends in quotes, CRLF or LF (or CR, if there is no other),
// an optional byte order mark. A broken line never takes the ones after it along: an unclosed quote, text behind a
// closing quote, a wrong number of columns, bytes that are not UTF-8 and NUL cost the line where the record began, and
// reading goes on at the next line.
class CsvReader {
 public:
  // `delimiter` 0: the comma, semicolon or tab that the first line has most of.
  explicit CsvReader(std::string text, char delimiter = 0);

  // From now on a record has this many columns. With a key column, a record in whose quotes another one begins is
  // broken: its quote was never closed, and the next quote that could close it is somebody else's.
  void ExpectColumns(size_t columns, KeyColumn key = {}) {
    columns_ = columns;
    key_ = std::move(key);
  }
  // The next record that is not empty; false at the end.
  bool Next(CsvRecord* record);

  char delimiter() const { return delimiter_; }

 private:
  // Reads the record at `position_`; the error, or "" with `end` behind it.
  std::string Parse(std::vector<std::string>* fields, size_t* end) const;
  std::string ParseQuoted(size_t* at, std::string* field) const;
  bool SwallowsAnother(const std::vector<std::string>& fields, size_t end) const;
  std::vector<std::string> BareCells(size_t line) const;
  size_t EndOfLine(size_t from) const;  // behind the line's end
  bool AtLineEnd(size_t at) const;

  const std::string text_;
  char delimiter_;
  size_t columns_ = 0;
  KeyColumn key_;
  size_t position_ = 0;
  int64_t line_ = 1;
};

// Whether `text` is UTF-8 without NUL.
bool IsText(const std::string& text);

// A line of CSV with CRLF at its end.
std::string CsvLine(const std::vector<std::string>& fields, char delimiter = ',');

}  // namespace clientele::import_customers
