#include "common/rpc/filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/core/error.h"
#include "common/rpc/filter_lexer.h"
#include "common/rpc/filter_value.h"

namespace clientele::rpc {
namespace {

using pg::Predicate;

constexpr int kMaxComparisons = 32;
constexpr int kMaxDepth = 8;

// Recursive descent over AIP-160's grammar, where OR binds tighter than AND:
//   expression = factor {"AND" factor}    factor = term {"OR" term}    term = ["NOT" | "-"] simple
//   simple     = "(" expression ")" | field comparator value
class Parser {
 public:
  Parser(absl::string_view text, const pg::ListFields& fields, bool sees_personal)
      : lexer_(text), fields_(fields), sees_personal_(sees_personal) {
    Advance();
  }

  absl::StatusOr<Predicate> Parse() {
    if (token_.kind == FilterToken::Kind::kEnd) return Predicate();
    absl::StatusOr<Predicate> whole = Expression(1);
    if (!whole.ok()) return whole.status();
    if (token_.kind != FilterToken::Kind::kEnd) return Expected("AND, OR or the end");
    return whole;
  }

 private:
  using Kind = FilterToken::Kind;

  void Advance() { token_ = lexer_.Next(); }
  bool At(Kind kind, absl::string_view text) const { return token_.kind == kind && token_.text == text; }
  bool AtWord(absl::string_view word) const { return At(Kind::kWord, word); }

  absl::Status Expected(absl::string_view what) const {
    if (token_.kind == Kind::kError) return FilterError(token_.position, token_.text);
    return FilterError(token_.position, absl::StrCat("expected ", what));
  }

  absl::Status ExpectedField() const {
    std::vector<std::string> names;
    for (const auto& [name, field] : fields_) {
      if (sees_personal_ || !field.personal) names.push_back(name);
    }
    return Expected(absl::StrCat("a field, one of: ", absl::StrJoin(names, ", ")));
  }

  using Part = absl::StatusOr<Predicate> (Parser::*)(int depth);

  absl::StatusOr<Predicate> Sequence(int depth, absl::string_view word, Predicate::Kind kind, Part part) {
    absl::StatusOr<Predicate> first = (this->*part)(depth);
    if (!first.ok() || !AtWord(word)) return first;
    Predicate all;
    all.kind = kind;
    all.children.push_back(*std::move(first));
    while (AtWord(word)) {
      Advance();
      absl::StatusOr<Predicate> next = (this->*part)(depth);
      if (!next.ok()) return next;
      all.children.push_back(*std::move(next));
    }
    return all;
  }

  absl::StatusOr<Predicate> Expression(int depth) {
    if (depth > kMaxDepth)
      return FilterError(token_.position, absl::StrCat("is nested more than ", kMaxDepth, " deep"));
    return Sequence(depth, "AND", Predicate::Kind::kAnd, &Parser::Factor);
  }

  absl::StatusOr<Predicate> Factor(int depth) { return Sequence(depth, "OR", Predicate::Kind::kOr, &Parser::Term); }

  absl::StatusOr<Predicate> Term(int depth) {
    if (!AtWord("NOT") && !At(Kind::kSymbol, "-")) return Simple(depth);
    Advance();
    absl::StatusOr<Predicate> inner = Simple(depth);
    if (!inner.ok()) return inner;
    Predicate negated;
    negated.kind = Predicate::Kind::kNot;
    negated.children.push_back(*std::move(inner));
    return negated;
  }

  absl::StatusOr<Predicate> Simple(int depth) {
    if (!At(Kind::kSymbol, "(")) return Restriction();
    Advance();
    absl::StatusOr<Predicate> inner = Expression(depth + 1);
    if (!inner.ok()) return inner;
    if (!At(Kind::kSymbol, ")")) return Expected("AND, OR or )");
    Advance();
    return inner;
  }

  absl::StatusOr<Predicate> Restriction() {
    const auto field = token_.kind == Kind::kWord ? fields_.find(token_.text) : fields_.end();
    if (field == fields_.end() || (field->second.personal && !sees_personal_)) return ExpectedField();
    if (++comparisons_ > kMaxComparisons) {
      return FilterError(token_.position, absl::StrCat("has more than ", kMaxComparisons, " comparisons"));
    }
    Advance();
    if (token_.kind != Kind::kComparator) return Expected("= != < <= > >= or :");
    const FilterToken comparator = token_;
    token_ = lexer_.NextValue();
    if (token_.kind != Kind::kWord && token_.kind != Kind::kQuoted) return Expected("a value");
    absl::StatusOr<Predicate> compared = Compare(field->first, field->second, comparator, token_);
    if (compared.ok()) Advance();
    return compared;
  }

  FilterLexer lexer_;
  const pg::ListFields& fields_;
  const bool sees_personal_;
  FilterToken token_;
  int comparisons_ = 0;
};

}  // namespace

absl::StatusOr<Predicate> ParseFilter(absl::string_view filter, const pg::ListFields& fields, bool sees_personal) {
  return Parser(filter, fields, sees_personal).Parse();
}

}  // namespace clientele::rpc
