#include "common/rpc/filter_value.h"

#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/core/id.h"

namespace clientele::rpc {
namespace {

using pg::Comparison;
using pg::FieldType;
using pg::ListField;
using pg::Predicate;

// A value as written: a * that no backslash precedes is a wildcard, and may stand at the end only.
struct Written {
  std::string text;
  bool wildcard = false;
  bool stray_wildcard = false;
};

Written Read(const FilterToken& token) {
  Written written;
  for (size_t i = 0; i < token.text.size(); ++i) {
    if (token.text[i] == '\\' && i + 1 < token.text.size()) {
      written.text.push_back(token.text[++i]);
    } else if (token.text[i] != '*') {
      written.text.push_back(token.text[i]);
    } else if (i + 1 == token.text.size()) {
      written.wildcard = true;
    } else {
      written.stray_wildcard = true;
    }
  }
  return written;
}

bool IsOrdered(FieldType type) {
  return type == FieldType::kText || type == FieldType::kInt || type == FieldType::kTime;
}

Comparison ComparisonOf(const std::string& text) {
  static const auto* const comparisons = new std::map<std::string, Comparison>{
      {"=", Comparison::kEqual},           {":", Comparison::kEqual},
      {"!=", Comparison::kNotEqual},       {"<", Comparison::kLess},
      {"<=", Comparison::kLessOrEqual},    {">", Comparison::kGreater},
      {">=", Comparison::kGreaterOrEqual},
  };
  return comparisons->at(text);
}

absl::StatusOr<std::string> TimeText(const std::string& text, int position) {
  absl::Time time;
  std::string error;
  const bool parsed = absl::ParseTime(absl::RFC3339_full, text, &time, &error) &&
                      time >= absl::FromUnixSeconds(-62135596800) && time <= absl::FromUnixSeconds(253402300799);
  if (!parsed) return FilterError(position, "expected a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z");
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<std::string> EnumText(const ListField& field, const std::string& text, int position) {
  const auto found = field.words.find(text);
  if (found != field.words.end()) return absl::StrCat(found->second);
  std::vector<std::string> words;
  for (const auto& [word, number] : field.words) words.push_back(word);
  return FilterError(position, absl::StrCat("expected one of: ", absl::StrJoin(words, ", ")));
}

absl::StatusOr<std::string> ValueText(const ListField& field, const std::string& text, int position) {
  switch (field.type) {
    case FieldType::kText:
      return text;
    case FieldType::kInt: {
      int64_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return FilterError(position, "expected a whole number");
      return absl::StrCat(number);
    }
    case FieldType::kBool:
      if (text != "true" && text != "false") return FilterError(position, "expected true or false");
      return text;
    case FieldType::kTime:
      return TimeText(text, position);
    case FieldType::kUuid:
      if (!Uuid::Parse(text).has_value()) return FilterError(position, "expected a lower-case UUID");
      return text;
    case FieldType::kEnum:
      return EnumText(field, text, position);
  }
  return text;
}

}  // namespace

absl::StatusOr<Predicate> Compare(const std::string& name, const ListField& field, const FilterToken& comparator,
                                  const FilterToken& value) {
  Predicate predicate;
  predicate.kind = Predicate::Kind::kCompare;
  predicate.field = &field;
  predicate.comparison = ComparisonOf(comparator.text);
  const bool equality = comparator.text == "=" || comparator.text == ":";
  if (!equality && comparator.text != "!=" && !IsOrdered(field.type)) {
    return FilterError(comparator.position, absl::StrCat(name, " can be compared by = and != only"));
  }
  const Written written = Read(value);
  if (written.stray_wildcard || (written.wildcard && (!field.prefix || !equality || written.text.empty()))) {
    return FilterError(value.position, field.prefix ? "a * may stand at the end of a value that = or : compares; "
                                                      "write \\* for the character"
                                                    : absl::StrCat(name,
                                                                   " has no prefix search: no * may stand here; "
                                                                   "write \\* for the character"));
  }
  absl::StatusOr<std::string> text = ValueText(field, written.text, value.position);
  if (!text.ok()) return text.status();
  predicate.value = field.normalise != nullptr ? field.normalise(*text) : *std::move(text);
  if (written.wildcard) predicate.comparison = Comparison::kPrefix;
  return predicate;
}

}  // namespace clientele::rpc
