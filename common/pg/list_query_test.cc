#include "common/pg/list_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/pg/things_test.h"

namespace clientele::pg {
namespace {

using ::testing::HasSubstr;

const ListFields& Fields() {
  static const auto* const fields = new ListFields{
      {"name", {"name", FieldType::kText, true, {}, nullptr}},
      {"size", {"size", FieldType::kInt, false, {}, nullptr}},
      {"note", {"note", FieldType::kText, true, {}, nullptr}},
      {"id", {"id", FieldType::kUuid, false, {}, nullptr}},
      {"made", {"made", FieldType::kTime, false, {}, nullptr}},
      {"open", {"open", FieldType::kBool, false, {}, nullptr}},
  };
  return *fields;
}

Predicate Compare(const std::string& field, Comparison comparison, const std::string& value) {
  Predicate predicate;
  predicate.kind = Predicate::Kind::kCompare;
  predicate.field = &Fields().at(field);
  predicate.comparison = comparison;
  predicate.value = value;
  return predicate;
}

Predicate Join(Predicate::Kind kind, std::vector<Predicate> children) {
  Predicate predicate;
  predicate.kind = kind;
  predicate.children = std::move(children);
  return predicate;
}

class ListQueryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    options() = NewThings();
    const auto session = Connected(options());
    // Ten rows: names share a prefix, sizes repeat, every second note is NULL.
    const absl::Status made = session->Execute(R"sql(
CREATE TABLE item (id uuid PRIMARY KEY, name text COLLATE "C" NOT NULL, size bigint NOT NULL, note text, open boolean,
                   made timestamptz NOT NULL);
INSERT INTO item SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'item ' || n, n / 3,
  CASE WHEN n % 2 = 0 THEN 'even' END, n > 4, timestamptz '2026-01-01 00:00:00.000001+00' + n * interval '1 us'
FROM generate_series(0, 9) n;
)sql");
    ASSERT_TRUE(made.ok()) << made;
  }
  static SessionOptions& options() {
    static auto* const options = new SessionOptions;
    return *options;
  }

  static ListQuery Query(Predicate filter) {
    ListQuery query;
    query.select = "SELECT right(name, 1), size, id, made FROM item";
    query.filter = std::move(filter);
    query.order = {{"id", FieldType::kUuid, false}};
    query.limit = 100;
    return query;
  }
  // The last characters of the names found.
  std::string Find(const ListQuery& query) {
    const BuiltQuery built = Build(query);
    const absl::StatusOr<Rows> rows = session_->ReadDynamic(built.sql, built.params);
    EXPECT_TRUE(rows.ok()) << built.sql;
    std::string found;
    for (int row = 0; rows.ok() && row < rows->size(); ++row) absl::StrAppend(&found, std::string(rows->Text(row, 0)));
    return found;
  }
  std::string Find(Predicate filter) { return Find(Query(std::move(filter))); }

  std::unique_ptr<Session> session_ = Connected(options());
};

TEST_F(ListQueryTest, NoConditionNoWhere) {
  ListQuery query;
  query.select = "SELECT 1 FROM item";
  query.limit = 51;
  EXPECT_EQ(Build(query).sql, "SELECT 1 FROM item LIMIT 51");
}

TEST_F(ListQueryTest, EveryComparisonOfEveryType) {
  EXPECT_EQ(Find(Compare("size", Comparison::kEqual, "1")), "345");
  EXPECT_EQ(Find(Compare("size", Comparison::kNotEqual, "1")), "0126789");
  EXPECT_EQ(Find(Compare("size", Comparison::kLess, "1")), "012");
  EXPECT_EQ(Find(Compare("size", Comparison::kLessOrEqual, "1")), "012345");
  EXPECT_EQ(Find(Compare("size", Comparison::kGreater, "2")), "9");
  EXPECT_EQ(Find(Compare("size", Comparison::kGreaterOrEqual, "2")), "6789");
  EXPECT_EQ(Find(Compare("name", Comparison::kEqual, "item 7")), "7");
  EXPECT_EQ(Find(Compare("open", Comparison::kEqual, "false")), "01234");
  EXPECT_EQ(Find(Compare("id", Comparison::kEqual, "00000000-0000-7000-8000-000000000003")), "3");
  EXPECT_EQ(Find(Compare("made", Comparison::kGreater, "2026-01-01T00:00:00.000008Z")), "89");
}

TEST_F(ListQueryTest, NullIsNotEqualAndNotIsTheOpposite) {
  EXPECT_EQ(Find(Compare("note", Comparison::kNotEqual, "even")), "13579");
  EXPECT_EQ(Find(Join(Predicate::Kind::kNot, {Compare("note", Comparison::kEqual, "even")})), "13579");
}

TEST_F(ListQueryTest, AndOrNest) {
  const Predicate either = Join(
      Predicate::Kind::kOr, {Compare("name", Comparison::kEqual, "item 1"), Compare("size", Comparison::kEqual, "3")});
  EXPECT_EQ(Find(either), "19");
  EXPECT_EQ(Find(Join(Predicate::Kind::kAnd, {either, Compare("open", Comparison::kEqual, "true")})), "9");
  EXPECT_EQ(Find(Join(Predicate::Kind::kNot, {either})), "02345678");
}

TEST_F(ListQueryTest, PrefixesAreRanges) {
  EXPECT_EQ(Find(Compare("name", Comparison::kPrefix, "item ")), "0123456789");
  EXPECT_EQ(Find(Compare("name", Comparison::kPrefix, "item 3")), "3");
  EXPECT_EQ(Find(Compare("name", Comparison::kPrefix, "item%")), "");
  EXPECT_EQ(Find(Compare("note", Comparison::kPrefix, "")), "02468");
  const auto above = [](const std::string& prefix) {
    const BuiltQuery built = Build(Query(Compare("name", Comparison::kPrefix, prefix)));
    return built.params.size() < 2 ? "" : *built.params.values()[1];
  };
  EXPECT_EQ(above("a"), "b");
  EXPECT_EQ(above("\x7f"), "\xc2\x80");
  EXPECT_EQ(above("aé"), "aê");
  EXPECT_EQ(above("\xed\x9f\xbf"), "\xee\x80\x80");  // U+D7FF: surrogates are left out
  EXPECT_EQ(above("a\xf4\x8f\xbf\xbf"), "b");        // U+10FFFF has none above it
  EXPECT_EQ(above("\xf4\x8f\xbf\xbf"), "");
}

TEST_F(ListQueryTest, ValuesAreBoundAndNeverSpliced) {
  const std::string evil = "x'; DROP TABLE item; --";
  const BuiltQuery built = Build(Query(Compare("name", Comparison::kEqual, evil)));
  EXPECT_THAT(built.sql, ::testing::Not(HasSubstr("DROP")));
  EXPECT_EQ(*built.params.values()[0], evil);
  EXPECT_EQ(Find(Compare("name", Comparison::kEqual, evil)), "");
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM item"), 10);
}

TEST_F(ListQueryTest, FilterParametersFollowTheFixedOnes) {
  ListQuery query = Query(Join(Predicate::Kind::kAnd, {Compare("size", Comparison::kGreater, "0"),
                                                       Compare("open", Comparison::kEqual, "true")}));
  query.where = "name <> $1 OR name = $2";
  query.params.Text("item 7").Text("none");
  query.after = {"00000000-0000-7000-8000-000000000005"};
  EXPECT_EQ(Find(query), "689");
  EXPECT_EQ(Build(query).params.size(), 5);
}

TEST_F(ListQueryTest, PagesNeitherSkipNorRepeatWhereKeysAreEqual) {
  for (const bool descending : {false, true}) {
    ListQuery query = Query({});
    query.order = {{"size", FieldType::kInt, descending}, {"id", FieldType::kUuid, descending}};
    query.limit = 2;
    std::string all;
    for (int page = 0; page < 6; ++page) {
      const BuiltQuery built = Build(query);
      const absl::StatusOr<Rows> rows = session_->ReadDynamic(built.sql, built.params);
      ASSERT_TRUE(rows.ok());
      if (rows->empty()) break;
      for (int row = 0; row < rows->size(); ++row) absl::StrAppend(&all, std::string(rows->Text(row, 0)));
      const int last = rows->size() - 1;
      query.after = {std::string(rows->Text(last, 1)), std::string(rows->Text(last, 2))};
    }
    EXPECT_EQ(all, descending ? "9876543210" : "0123456789");
  }
}

TEST_F(ListQueryTest, TimesAsCursorsKeepTheirMicroseconds) {
  ListQuery query = Query({});
  query.order = {{"made", FieldType::kTime, true}, {"id", FieldType::kUuid, true}};
  query.limit = 3;
  const BuiltQuery built = Build(query);
  const absl::StatusOr<Rows> rows = session_->ReadDynamic(built.sql, built.params);
  ASSERT_TRUE(rows.ok());
  query.after = {std::string(rows->Text(2, 3)), std::string(rows->Text(2, 2))};
  EXPECT_EQ(Find(query), "654");
}

}  // namespace
}  // namespace clientele::pg
