#include "common/rpc/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/core/error.h"

namespace clientele::rpc {
namespace {

using pg::FieldType;
using pg::Predicate;
using ::testing::HasSubstr;

const pg::ListFields& Fields() {
  static const auto* const fields = new pg::ListFields{
      {"name",
       {"c.name", FieldType::kText, true, {}, [](const std::string& text) { return absl::AsciiStrToLower(text); }}},
      {"code", {"c.code", FieldType::kText}},
      {"count", {"c.count", FieldType::kInt}},
      {"done", {"c.done", FieldType::kBool}},
      {"create_time", {"c.create_time", FieldType::kTime}},
      {"customer", {"c.id", FieldType::kUuid}},
      {"state", {"c.state", FieldType::kEnum, false, {{"ACTIVE", 1}, {"ENDED", 2}}}},
      {"target.email", {"c.email", FieldType::kText}},
  };
  return *fields;
}

// A predicate in brackets, so that precedence is seen.
std::string Show(const Predicate& predicate) {
  static const char* const kSigns[] = {"=", "!=", "<", "<=", ">", ">=", "^"};
  const auto join = [&](const char* word) {
    return absl::StrCat(
        "(",
        absl::StrJoin(predicate.children, word,
                      [](std::string* out, const Predicate& child) { absl::StrAppend(out, Show(child)); }),
        ")");
  };
  switch (predicate.kind) {
    case Predicate::Kind::kTrue:
      return "true";
    case Predicate::Kind::kAnd:
      return join(" & ");
    case Predicate::Kind::kOr:
      return join(" | ");
    case Predicate::Kind::kNot:
      return absl::StrCat("!", Show(predicate.children[0]));
    case Predicate::Kind::kCompare:
      return absl::StrCat(predicate.field->column, kSigns[static_cast<int>(predicate.comparison)], predicate.value);
  }
  return "?";
}

std::string Parsed(absl::string_view filter) {
  const absl::StatusOr<Predicate> predicate = ParseFilter(filter, Fields());
  return predicate.ok() ? Show(*predicate) : std::string(predicate.status().message());
}

TEST(Filter, Empty) {
  EXPECT_EQ(Parsed(""), "true");
  EXPECT_EQ(Parsed(" \t\n"), "true");
}

TEST(Filter, OrBindsTighterThanAnd) {
  EXPECT_EQ(Parsed("count=1 AND count=2 OR count=3"), "(c.count=1 & (c.count=2 | c.count=3))");
  EXPECT_EQ(Parsed("count=1 OR count=2 AND count=3 OR count=4"), "((c.count=1 | c.count=2) & (c.count=3 | c.count=4))");
  EXPECT_EQ(Parsed("(count=1 AND count=2) OR count=3"), "((c.count=1 & c.count=2) | c.count=3)");
  EXPECT_EQ(Parsed("NOT count=1 AND -count=2 OR NOT (count=3)"), "(!c.count=1 & (!c.count=2 | !c.count=3))");
}

TEST(Filter, ValuesOfEachType) {
  EXPECT_EQ(Parsed("name = \"Con To\""), "c.name=con to");
  EXPECT_EQ(Parsed(R"(name='it\'s')"), "c.name=it's");
  EXPECT_EQ(Parsed("name:\"Con*\""), "c.name^con");
  EXPECT_EQ(Parsed("name=Con*"), "c.name^con");
  EXPECT_EQ(Parsed(R"(name="Con\*")"), "c.name=con*");
  EXPECT_EQ(Parsed(R"(code = "a\"b\\c")"), "c.code=a\"b\\c");
  EXPECT_EQ(Parsed("code=\"\""), "c.code=");
  EXPECT_EQ(Parsed("code>=m"), "c.code>=m");
  EXPECT_EQ(Parsed("count>-5"), "c.count>-5");
  EXPECT_EQ(Parsed("count != 007"), "c.count!=7");
  EXPECT_EQ(Parsed("done=true"), "c.done=true");
  EXPECT_EQ(Parsed("create_time >= 2026-01-31T12:00:00+01:00"), "c.create_time>=2026-01-31T11:00:00.000000Z");
  EXPECT_EQ(Parsed("create_time<\"2026-01-31T12:00:00.123456789Z\""), "c.create_time<2026-01-31T12:00:00.123456Z");
  EXPECT_EQ(Parsed("customer=0190f0a0-0000-7000-8000-000000000001"), "c.id=0190f0a0-0000-7000-8000-000000000001");
  EXPECT_EQ(Parsed("state = ENDED"), "c.state=2");
  EXPECT_EQ(Parsed("target.email = \"a@b.de\""), "c.email=a@b.de");
  EXPECT_EQ(Parsed("code=\"' OR 1=1; --\""), "c.code=' OR 1=1; --");
}

struct Bad {
  std::string filter;
  std::string position;
  std::string says;
};

TEST(Filter, SaysWhereAndWhatIsExpected) {
  const std::string uuid_upper = "0190F0A0-0000-7000-8000-000000000001";
  const Bad bads[] = {
      {"color=1", "1", "a field, one of: code, count"},
      {"count", "6", "expected = != "},
      {"count=", "7", "a value"},
      {"count=)", "7", "a value"},
      {"count==1", "7", "whole number"},
      {"count=1 count=2", "9", "AND, OR or the end"},
      {"count=1 and count=2", "9", "AND, OR"},
      {"count=1 AND", "12", "a field"},
      {"AND count=1", "1", "a field"},
      {"OR", "1", "a field"},
      {"NOT", "4", "a field"},
      {"NOT NOT count=1", "5", "a field"},
      {"(count=1", "9", "AND, OR or )"},
      {"count=1)", "8", "AND, OR or the end"},
      {"()", "2", "a field"},
      {"\"count\"=1", "1", "a character"},
      {"count~1", "6", "a character"},
      {"count!1", "6", "a character"},
      {"code=é~ ~", "9", "a character"},
      {"count=99999999999999999999", "7", "whole number"},
      {"count=1.5", "7", "whole number"},
      {"done=yes", "6", "true or false"},
      {"done<true", "5", "= and != only"},
      {"state=GONE", "7", "ACTIVE, ENDED"},
      {"state>ACTIVE", "6", "= and != only"},
      {"state=1", "7", "ACTIVE, ENDED"},
      {absl::StrCat("customer=", uuid_upper), "10", "UUID"},
      {"create_time>yesterday", "13", "RFC 3339"},
      {"create_time>infinite-future", "13", "RFC 3339"},
      {"create_time>20260-01-01T00:00:00Z", "13", "RFC 3339"},
      {"code=a*", "6", "no prefix search"},
      {"name=a*b", "6", "a * may stand at the end"},
      {"name=*", "6", "a * may stand at the end"},
      {"name!=a*", "7", "a * may stand at the end"},
      {"code=\"a", "6", "does not end"},
      {"code=\"a\nb\"", "8", "control"},
      {std::string("code=\"a\0b\"", 10), "8", "control"},
      {"code=a\"b", "7", "quotes"},
  };
  for (const Bad& bad : bads) {
    const absl::StatusOr<Predicate> predicate = ParseFilter(bad.filter, Fields());
    ASSERT_FALSE(predicate.ok()) << bad.filter;
    EXPECT_EQ(predicate.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(predicate.status()), "INVALID_FILTER");
    EXPECT_EQ(MetadataOf(predicate.status())["position"], bad.position) << bad.filter << predicate.status();
    EXPECT_THAT(std::string(predicate.status().message()), HasSubstr(bad.says)) << bad.filter;
  }
}

TEST(Filter, IsBounded) {
  std::string many = "count=0";
  for (int i = 1; i < 32; ++i) absl::StrAppend(&many, " OR count=", i);
  EXPECT_TRUE(ParseFilter(many, Fields()).ok());
  EXPECT_THAT(Parsed(absl::StrCat(many, " OR count=32")), HasSubstr("more than 32"));
  EXPECT_TRUE(ParseFilter("(((((((count=1)))))))", Fields()).ok());
  EXPECT_THAT(Parsed("((((((((count=1))))))))"), HasSubstr("more than 8 deep"));
  EXPECT_FALSE(ParseFilter(std::string(100'000, '('), Fields()).ok());
  EXPECT_FALSE(ParseFilter(std::string(100'000, '-'), Fields()).ok());
}

// Every cut and every changed byte of a filter is parsed or refused, and nothing else happens.
TEST(Filter, TakesAnyBytes) {
  const std::string whole =
      R"(name="Con*" AND (count>-5 OR NOT done=true) AND create_time>=2026-01-31T12:00:00Z OR code='a\'b')";
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int change = 0; change < 256; ++change) {
      std::string changed = whole;
      changed[i] = static_cast<char>(change);
      const absl::StatusOr<Predicate> predicate = ParseFilter(changed, Fields());
      if (!predicate.ok()) {
        ASSERT_EQ(ReasonOf(predicate.status()), "INVALID_FILTER");
      }
    }
    const absl::StatusOr<Predicate> cut = ParseFilter(whole.substr(0, i), Fields());
    ASSERT_TRUE(cut.ok() || ReasonOf(cut.status()) == "INVALID_FILTER");
  }
}

TEST(OrderBy, ReadsOneFieldAndADirection) {
  const pg::ListOrders orders = {
      {"name", {{"c.name", FieldType::kText, false}, {"c.id", FieldType::kUuid, false}}},
      {"create_time", {{"c.create_time", FieldType::kTime, false}, {"c.id", FieldType::kUuid, false}}},
  };
  const auto columns = [&](absl::string_view order_by) {
    const absl::StatusOr<std::vector<pg::SortColumn>> parsed = ParseOrderBy(order_by, orders, "create_time desc");
    if (!parsed.ok()) return ReasonOf(parsed.status());
    return absl::StrJoin(*parsed, ",", [](std::string* out, const pg::SortColumn& column) {
      absl::StrAppend(out, column.column, column.descending ? "-" : "+");
    });
  };
  EXPECT_EQ(columns(""), "c.create_time-,c.id-");
  EXPECT_EQ(columns("name"), "c.name+,c.id+");
  EXPECT_EQ(columns("  name   desc "), "c.name-,c.id-");
  EXPECT_EQ(columns("create_time asc"), "c.create_time+,c.id+");
  for (const char* bad : {"color", "name up", "name desc asc", "name,create_time", "desc", "Name", "name DESC"}) {
    EXPECT_EQ(columns(bad), "INVALID_FIELD") << bad;
  }
}

}  // namespace
}  // namespace clientele::rpc
