#include "tools/import_customers/csv_reader.h"

#include <unicode/utf8.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace clientele::import_customers {
namespace {

constexpr char kByteOrderMark[] = "\xef\xbb\xbf";
// An unclosed quote is looked for no further than this, so that a file full of them stays linear.
constexpr size_t kMaxRecordBytes = size_t{64} * 1024;

// Without a byte order mark; CR alone, as some spreadsheets end lines, made LF.
std::string Normalized(std::string text) {
  if (absl::StartsWith(text, kByteOrderMark)) text.erase(0, sizeof(kByteOrderMark) - 1);
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
  return text;
}

char MostFrequentDelimiter(const std::string& text) {
  const auto end = std::find(text.begin(), text.end(), '\n');
  char best = ',';
  for (const char candidate : {';', '\t'}) {
    if (std::count(text.begin(), end, candidate) > std::count(text.begin(), end, best)) best = candidate;
  }
  return best;
}

std::string Printable(const std::string& bytes) {
  std::string printable;
  const auto length = static_cast<int32_t>(bytes.size());
  for (int32_t i = 0; i < length;) {
    const int32_t begin = i;
    UChar32 character;
    U8_NEXT(bytes.data(), i, length, character);
    if (character > 0) {
      printable.append(bytes, begin, i - begin);
    } else {
      printable += "\uFFFD";
    }
  }
  return printable;
}

}  // namespace

bool IsText(const std::string& text) {
  const auto length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length;) {
    UChar32 character;
    U8_NEXT(text.data(), i, length, character);
    if (character <= 0) return false;
  }
  return true;
}

CsvReader::CsvReader(std::string text, char delimiter)
    : text_(Normalized(std::move(text))), delimiter_(delimiter == 0 ? MostFrequentDelimiter(text_) : delimiter) {}

size_t CsvReader::EndOfLine(size_t from) const {
  const size_t end = text_.find('\n', from);
  return end == std::string::npos ? text_.size() : end + 1;
}

bool CsvReader::AtLineEnd(size_t at) const {
  return at >= text_.size() || text_[at] == '\n' ||
         (text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n'));
}

std::string CsvReader::ParseQuoted(size_t* at, std::string* field) const {
  const size_t limit = std::min(text_.size(), position_ + kMaxRecordBytes);
  for (size_t i = *at + 1; i < limit; ++i) {
    if (text_[i] != '"') {
      field->push_back(text_[i]);
    } else if (i + 1 < limit && text_[i + 1] == '"') {
      field->push_back('"');
      ++i;
    } else {
      *at = i + 1;
      if (AtLineEnd(*at) || text_[*at] == delimiter_) return "";
      return "has text behind a closing quote";
    }
  }
  return "has a quote that is not closed";
}

std::vector<std::string> CsvReader::BareCells(size_t line) const {
  std::string cells = text_.substr(line, EndOfLine(line) - line);
  cells.erase(std::remove(cells.begin(), cells.end(), '"'), cells.end());
  return absl::StrSplit(cells, delimiter_);
}

bool CsvReader::SwallowsAnother(const std::vector<std::string>& fields, size_t end) const {
  size_t line = EndOfLine(position_);
  if (line >= end || key_.is_key == nullptr) return false;
  const auto of_lines = std::find_if(fields.begin(), fields.end(),
                                     [](const std::string& field) { return field.find('\n') != std::string::npos; });
  if (static_cast<size_t>(of_lines - fields.begin()) < key_.index) {
    // The key stands behind a cell of several lines: the last of them has it by right, unless the first has one too.
    const std::vector<std::string> first = BareCells(position_);
    if (std::none_of(first.begin(), first.end(), key_.is_key)) return false;
  }
  for (; line < end; line = EndOfLine(line)) {
    const std::vector<std::string> cells = BareCells(line);
    if (key_.index < cells.size() && key_.is_key(cells[key_.index])) return true;
  }
  return false;
}

std::string CsvReader::Parse(std::vector<std::string>* fields, size_t* end) const {
  size_t at = position_;
  while (true) {
    std::string field;
    if (at < text_.size() && text_[at] == '"') {
      if (std::string error = ParseQuoted(&at, &field); !error.empty()) return error;
    } else {
      while (!AtLineEnd(at) && text_[at] != delimiter_) field.push_back(text_[at++]);
    }
    fields->push_back(std::move(field));
    if (AtLineEnd(at)) break;
    ++at;
  }
  *end = EndOfLine(at);
  if (SwallowsAnother(*fields, *end)) return "has a quote that is not closed";
  if (!IsText(text_.substr(position_, *end - position_))) return "has bytes that are not UTF-8 text";
  const bool empty = std::all_of(fields->begin(), fields->end(), [](const std::string& f) { return f.empty(); });
  if (columns_ != 0 && !empty && fields->size() != columns_) {
    return absl::StrCat("has ", fields->size(), " columns instead of ", columns_);
  }
  return "";
}

bool CsvReader::Next(CsvRecord* record) {
  while (position_ < text_.size()) {
    *record = CsvRecord();
    record->line = line_;
    size_t end = position_;
    record->error = Parse(&record->fields, &end);
    if (!record->error.empty()) {
      end = EndOfLine(position_);
      record->fields.clear();
      record->raw = Printable(text_.substr(position_, end - position_));
      while (absl::EndsWith(record->raw, "\n") || absl::EndsWith(record->raw, "\r")) record->raw.pop_back();
    }
    line_ += std::count(text_.begin() + position_, text_.begin() + end, '\n');
    position_ = end;
    const bool empty = record->error.empty() && std::all_of(record->fields.begin(), record->fields.end(),
                                                            [](const std::string& field) { return field.empty(); });
    if (!empty) return true;
  }
  return false;
}

std::string CsvLine(const std::vector<std::string>& fields, char delimiter) {
  const std::string special = absl::StrCat("\"\r\n", std::string(1, delimiter));
  const auto quote = [&special](std::string* out, const std::string& field) {
    if (field.find_first_of(special) == std::string::npos) {
      out->append(field);
    } else {
      absl::StrAppend(out, "\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
    }
  };
  return absl::StrCat(absl::StrJoin(fields, std::string(1, delimiter), quote), "\r\n");
}

}  // namespace clientele::import_customers
