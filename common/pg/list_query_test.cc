#include "common/pg/list_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
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

class ListQueryTest : public ThingsTest {
 protected:
  static void SetUpTestSuite() {
    ThingsTest::SetUpTestSuite();
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

  static const ListQuery& Items() {
    static const auto* const items = new ListQuery{"right(name, 1)", "FROM item", "", {}};
    return *items;
  }
  static PageRequest Where(Predicate filter) {
    PageRequest request;
    request.filter = std::move(filter);
    request.order = {{"id", FieldType::kUuid}};
    request.size = 100;
    return request;
  }
  static std::string ReadName(RowReader& row) { return row.Text(); }

  Page<std::string> Read(const PageRequest& request, const ListQuery& query = Items()) {
    absl::StatusOr<Page<std::string>> page = ReadPage(*session_, query, request, ReadName);
    EXPECT_TRUE(page.ok()) << Build(query, request).sql;
    return *std::move(page);
  }
  static std::string Joined(const Page<std::string>& page) {
    std::string names;
    for (const std::string& name : page) names += name;
    return names;
  }
  // The last characters of the names found.
  std::string Find(Predicate filter) { return Joined(Read(Where(std::move(filter)))); }

  // Every page of `order`, one after the other, apart by a bar.
  std::string Pages(std::vector<SortColumn> order, bool descending, int size) {
    for (SortColumn& column : order) column.descending = descending;
    PageRequest request = Where({});
    request.order = std::move(order);
    request.size = size;
    std::vector<std::string> pages;
    do {
      const Page<std::string> page = Read(request);
      pages.push_back(Joined(page));
      request.after = page.next();
    } while (!request.after.empty() && pages.size() < 20);
    return absl::StrJoin(pages, "|");
  }

  std::unique_ptr<Connection> session_ = Connected(options());
};

TEST_F(ListQueryTest, NoConditionNoWhere) {
  PageRequest request;
  request.size = 50;
  EXPECT_EQ(Build({"1", "FROM item", "", {}}, request).sql, "SELECT 1 FROM item LIMIT 51");
}

TEST_F(ListQueryTest, AnEnumsWordsStandAloneAndBehindItsPrefix) {
  EXPECT_THAT(Words("STATE_", {{"OPEN", 1}, {"SHUT", 2}}),
              ::testing::UnorderedElementsAre(::testing::Pair("OPEN", 1), ::testing::Pair("SHUT", 2),
                                              ::testing::Pair("STATE_OPEN", 1), ::testing::Pair("STATE_SHUT", 2)));
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
    const BuiltQuery built = Build(Items(), Where(Compare("name", Comparison::kPrefix, prefix)));
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
  const BuiltQuery built = Build(Items(), Where(Compare("name", Comparison::kEqual, evil)));
  EXPECT_THAT(built.sql, ::testing::Not(HasSubstr("DROP")));
  EXPECT_EQ(*built.params.values()[0], evil);
  EXPECT_EQ(Find(Compare("name", Comparison::kEqual, evil)), "");
  EXPECT_EQ(Number(*session_, "SELECT count(*) FROM item"), 10);
}

TEST_F(ListQueryTest, FilterParametersFollowTheFixedOnes) {
  ListQuery query = Items();
  query.where = "name <> $1 OR name = $2";
  query.params.Text("item 7").Text("none");
  PageRequest request = Where(Join(Predicate::Kind::kAnd, {Compare("size", Comparison::kGreater, "0"),
                                                           Compare("open", Comparison::kEqual, "true")}));
  request.after = {"00000000-0000-7000-8000-000000000005"};
  EXPECT_EQ(Joined(Read(request, query)), "689");
  EXPECT_EQ(Build(query, request).params.size(), 5);
}

TEST_F(ListQueryTest, PagesNeitherSkipNorRepeatWhereKeysAreEqual) {
  const std::vector<SortColumn> order = {{"size", FieldType::kInt}, {"id", FieldType::kUuid}};
  EXPECT_EQ(Pages(order, false, 2), "01|23|45|67|89") << "the last page is full, and none follows";
  EXPECT_EQ(Pages(order, true, 2), "98|76|54|32|10");
  EXPECT_EQ(Pages(order, false, 4), "0123|4567|89");
  EXPECT_EQ(Pages(order, false, 10), "0123456789");
}

TEST_F(ListQueryTest, CursorsKeepMicrosecondsInfinityAndBooleans) {
  EXPECT_EQ(Pages({{"made", FieldType::kTime}, {"id", FieldType::kUuid}}, true, 3), "987|654|321|0");
  EXPECT_EQ(Pages({{"open", FieldType::kBool}, {"id", FieldType::kUuid}}, false, 3), "012|345|678|9");
  // Where there is none, the odd ones of a NULL note come last.
  const std::vector<SortColumn> order = {
      {"coalesce(CASE WHEN note = 'even' THEN made END, 'infinity'::timestamptz)", FieldType::kTime},
      {"id", FieldType::kUuid}};
  EXPECT_EQ(Pages(order, false, 3), "024|681|357|9");
  EXPECT_EQ(Pages(order, true, 3), "975|318|642|0");
}

TEST_F(ListQueryTest, APageBeyondTheEndIsEmpty) {
  PageRequest request = Where({});
  request.after = {"ffffffff-ffff-7fff-bfff-ffffffffffff"};
  const Page<std::string> page = Read(request);
  EXPECT_TRUE(page.empty());
  EXPECT_TRUE(page.next().empty());
}

}  // namespace
}  // namespace clientele::pg
