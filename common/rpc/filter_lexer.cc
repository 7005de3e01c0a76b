#include "common/rpc/filter_lexer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"

namespace clientele::rpc {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool IsFieldCharacter(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

}  // namespace

absl::Status FilterError(int position, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FILTER",
                   absl::StrCat("filter, character ", position, ": ", problem),
                   {{"field", "filter"}, {"position", absl::StrCat(position)}, {"problem", std::string(problem)}});
}

int FilterLexer::PositionOf(size_t byte) const {
  return 1 + static_cast<int>(std::count_if(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(byte),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void FilterLexer::SkipSpace() {
  while (next_ < text_.size() && IsSpace(text_[next_])) ++next_;
}

FilterToken FilterLexer::Make(FilterToken::Kind kind, size_t begin, size_t end) {
  next_ = end;
  return {kind, std::string(text_.substr(begin, end - begin)), PositionOf(begin)};
}

FilterToken FilterLexer::Fail(size_t at, absl::string_view problem) {
  next_ = text_.size();
  return {FilterToken::Kind::kError, std::string(problem), PositionOf(at)};
}

FilterToken FilterLexer::Next() {
  SkipSpace();
  const size_t begin = next_;
  if (begin == text_.size()) return Make(FilterToken::Kind::kEnd, begin, begin);
  const char c = text_[begin];
  if (c == '(' || c == ')' || c == '-') return Make(FilterToken::Kind::kSymbol, begin, begin + 1);
  if (c == '=' || c == ':') return Make(FilterToken::Kind::kComparator, begin, begin + 1);
  const bool equal_follows = begin + 1 < text_.size() && text_[begin + 1] == '=';
  if (c == '<' || c == '>') return Make(FilterToken::Kind::kComparator, begin, begin + (equal_follows ? 2 : 1));
  if (c == '!' && equal_follows) return Make(FilterToken::Kind::kComparator, begin, begin + 2);
  size_t end = begin;
  while (end < text_.size() && IsFieldCharacter(text_[end])) ++end;
  if (end == begin) return Fail(begin, "a character that no filter has here");
  return Make(FilterToken::Kind::kWord, begin, end);
}

FilterToken FilterLexer::NextValue() {
  SkipSpace();
  const size_t begin = next_;
  if (begin == text_.size()) return Make(FilterToken::Kind::kEnd, begin, begin);
  if (text_[begin] == '"' || text_[begin] == '\'') return Quoted();
  size_t end = begin;
  while (end < text_.size() && !IsSpace(text_[end]) && text_[end] != '(' && text_[end] != ')') {
    if (IsControl(text_[end]) || text_[end] == '"' || text_[end] == '\'' || text_[end] == '\\') {
      return Fail(end, "a value with this character must stand in quotes");
    }
    ++end;
  }
  return Make(end == begin ? FilterToken::Kind::kSymbol : FilterToken::Kind::kWord, begin,
              end == begin ? begin + 1 : end);
}

FilterToken FilterLexer::Quoted() {
  const size_t begin = next_;
  for (size_t i = begin + 1; i < text_.size(); ++i) {
    if (IsControl(text_[i])) return Fail(i, "a control character");
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == text_[begin]) {
      FilterToken token = Make(FilterToken::Kind::kQuoted, begin + 1, i);
      next_ = i + 1;
      token.position = PositionOf(begin);
      return token;
    }
  }
  return Fail(begin, "a quotation that does not end");
}

}  // namespace clientele::rpc
