#include "tools/import_customers/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clientele::import_customers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<CsvRecord> ReadAll(CsvReader reader, size_t columns = 0) {
  reader.ExpectColumns(columns);
  std::vector<CsvRecord> records;
  for (CsvRecord record; reader.Next(&record);) records.push_back(record);
  return records;
}

TEST(CsvReader, ReadsWhatRfc4180Writes) {
  const auto records =
      ReadAll(CsvReader("\xef\xbb\xbf"
                        "a,\"b, c\",\"d \"\"e\"\"\"\r\n"
                        ",\"two\r\nlines\",z\n"
                        "last,,"));
  ASSERT_EQ(records.size(), 3u);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b, c", "d \"e\""));
  EXPECT_THAT(records[1].fields, ElementsAre("", "two\r\nlines", "z"));
  EXPECT_THAT(records[2].fields, ElementsAre("last", "", ""));
  EXPECT_EQ(records[0].line, 1);
  EXPECT_EQ(records[1].line, 2);
  EXPECT_EQ(records[2].line, 4);
}

TEST(CsvReader, SkipsEmptyLines) {
  const auto records = ReadAll(CsvReader("a,b\n\r\n\n,\nc,d\n"), 2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].line, 5);
  EXPECT_TRUE(ReadAll(CsvReader("")).empty());
  EXPECT_TRUE(ReadAll(CsvReader("\xef\xbb\xbf")).empty());
}

TEST(CsvReader, FindsTheDelimiterOfTheHeader) {
  EXPECT_EQ(CsvReader("a;b;c\n1,2,3,4\n").delimiter(), ';');
  EXPECT_EQ(CsvReader("a\tb\tc\n").delimiter(), '\t');
  EXPECT_EQ(CsvReader("a,b;c\n").delimiter(), ',');
  EXPECT_THAT(ReadAll(CsvReader("a;b\n1;\"2;3\"\n"))[1].fields, ElementsAre("1", "2;3"));
}

struct BrokenCase {
  std::string line;
  const char* error;
};

class BrokenLineTest : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenLineTest, CostsItselfAlone) {
  for (const char* end : {"\n", "\r\n"}) {
    for (const char* next : {"3,4", "\"3\",\"4\""}) {
      const auto records =
          ReadAll(CsvReader(std::string("1,2") + end + GetParam().line + end + next + end + "\"5\",6" + end, ','), 2);
      ASSERT_EQ(records.size(), 4u);
      EXPECT_THAT(records[0].fields, ElementsAre("1", "2"));
      EXPECT_THAT(records[1].error, HasSubstr(GetParam().error));
      EXPECT_TRUE(records[1].fields.empty());
      EXPECT_EQ(records[1].line, 2);
      EXPECT_TRUE(IsText(records[1].raw));
      EXPECT_EQ(records[1].raw.find('\n'), std::string::npos);
      EXPECT_THAT(records[2].fields, ElementsAre("3", "4"));
      EXPECT_EQ(records[2].line, 3);
      EXPECT_THAT(records[3].fields, ElementsAre("5", "6"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, BrokenLineTest,
                         ::testing::Values(BrokenCase{"only one", "has 1 columns instead of 2"},
                                           BrokenCase{"a,b,c", "has 3 columns instead of 2"},
                                           BrokenCase{"\"open,b", "quote"}, BrokenCase{"a,\"open", "quote"},
                                           BrokenCase{"\"a\"b,c", "text behind a closing quote"},
                                           BrokenCase{"a\xff,b", "not UTF-8"}, BrokenCase{"a\xc3,b", "not UTF-8"},
                                           BrokenCase{"\xed\xa0\x80,b", "not UTF-8"},
                                           BrokenCase{std::string("a\0,b", 4), "not UTF-8"}));

// The first cell of each record is a number.
std::vector<CsvRecord> ReadNumbered(const std::string& text, size_t columns) {
  CsvReader reader(text, ',');
  reader.ExpectColumns(columns, {0, [](const std::string& cell) {
                                   return !cell.empty() && cell.find_first_not_of("0123456789") == std::string::npos;
                                 }});
  std::vector<CsvRecord> records;
  for (CsvRecord record; reader.Next(&record);) records.push_back(record);
  return records;
}

TEST(CsvReader, AQuoteThatAnotherRecordClosesIsBroken) {
  for (const char* end : {"\n", "\r\n"}) {
    const auto records = ReadNumbered(std::string("1,\"open,a") + end + "2,12 inch\",b" + end + "3,\"c\",c" + end, 3);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_THAT(records[0].error, HasSubstr("not closed"));
    EXPECT_EQ(records[0].raw, "1,\"open,a");
    EXPECT_THAT(records[1].fields, ElementsAre("2", "12 inch\"", "b"));
    EXPECT_EQ(records[1].line, 2);
    EXPECT_THAT(records[2].fields, ElementsAre("3", "c", "c"));
  }
  // Also where the record has another fault.
  EXPECT_EQ(ReadNumbered("x,\"open\n2,12 inch\",b\n", 3)[1].fields[0], "2");
  // Some records later, and in the last column.
  const auto records = ReadNumbered("1,a,\"open, b\n2,c,d\n3,e,12\"\n", 3);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_FALSE(records[0].error.empty());
  EXPECT_THAT(records[2].fields, ElementsAre("3", "e", "12\""));
}

TEST(CsvReader, ACellOfSeveralLinesIsNoOtherRecord) {
  const auto records = ReadNumbered("1,\"two, or\nthree, or \"\"four\"\"\n\",a\n2,b,\"c\nd\"\n", 3);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].fields, ElementsAre("1", "two, or\nthree, or \"four\"\n", "a"));
  EXPECT_THAT(records[1].fields, ElementsAre("2", "b", "c\nd"));
  EXPECT_EQ(records[1].line, 4);
}

TEST(CsvReader, ReadsLinesThatEndWithCrAlone) {
  const auto records = ReadAll(CsvReader("a,b\rc,\"d\re\"\r"), 2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[1].fields, ElementsAre("c", "d\ne"));
  EXPECT_EQ(records[1].line, 2);
}

TEST(CsvReader, AnUnclosedQuoteAtTheEndIsBroken) {
  const auto records = ReadAll(CsvReader("1,2\n\"3,4"), 2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[1].error, HasSubstr("not closed"));
  EXPECT_EQ(records[1].raw, "\"3,4");
}

TEST(CsvReader, ManyUnclosedQuotesStayLinear) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "x,\"y\"z,0123456789\n\"unclosed\n";
  EXPECT_EQ(ReadAll(CsvReader(text, ','), 3).size(), 40'000u);
}

TEST(CsvLineTest, RoundTrips) {
  const std::vector<std::string> fields = {"a", "b,c", "d\"e", "f\r\ng", "", "é"};
  const std::string line = CsvLine(fields);
  EXPECT_EQ(line.substr(line.size() - 2), "\r\n");
  EXPECT_EQ(ReadAll(CsvReader(line, ','))[0].fields, fields);
  EXPECT_EQ(CsvLine({"a;b", "c"}, ';'), "\"a;b\";c\r\n");
}

}  // namespace
}  // namespace clientele::import_customers
