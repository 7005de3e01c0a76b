#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace clientele::rpc {

// INVALID_ARGUMENT/INVALID_FILTER at a character, counted from 1.
absl::Status FilterError(int position, absl::string_view problem);

struct FilterToken {
  enum class Kind { kEnd, kWord, kQuoted, kComparator, kSymbol, kError };
  Kind kind = Kind::kEnd;
  // Of kQuoted: what stands between the quotes, with its escapes; of kError: what is wrong.
  std::string text;
  int position = 1;  // in characters, from 1
};

// Cuts a filter into tokens. Bytes that are no character of a filter become kError, so does what follows.
class FilterLexer {
 public:
  explicit FilterLexer(absl::string_view text) : text_(text) {}

  // A field or keyword, a comparator, ( ) or -.
  FilterToken Next();
  // What stands after a comparator: a quoted string, or all up to a space or parenthesis. Times and negative numbers
  // need no quotes.
  FilterToken NextValue();

 private:
  void SkipSpace();
  FilterToken Make(FilterToken::Kind kind, size_t begin, size_t end);
  FilterToken Fail(size_t at, absl::string_view problem);
  FilterToken Quoted();
  int PositionOf(size_t byte) const;

  const absl::string_view text_;
  size_t next_ = 0;
};

}  // namespace clientele::rpc
