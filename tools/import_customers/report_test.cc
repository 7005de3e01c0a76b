#include "tools/import_customers/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tools/import_customers/csv_reader.h"

namespace clientele::import_customers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Result = RowOutcome::Result;

constexpr char kList[] =
    "tenant_id,company_name,primary_domain,relationship\n"
    "1,\"A, B\",a.example,Reseller\n"
    "broken\n"
    "2,C,c.example,Reseller\n"
    "3,D,d.example,None\n";

ImportResult SomeRefused() {
  ImportResult result;
  result.outcomes = {{Result::kRefused, "INVITATION_REQUIRED", "ask first"},
                     {Result::kCreated, "", ""},
                     {Result::kRefused, "RELATIONSHIP_KIND_NOT_IMPORTABLE", "None is no reseller"}};
  return result;
}

TEST(RejectsCsvTest, CanBeImportedAsItIs) {
  const std::string csv = RejectsCsv(*ReadCustomerList(kList), SomeRefused());
  CsvReader reader(csv);
  std::vector<CsvRecord> records;
  for (CsvRecord record; reader.Next(&record);) records.push_back(record);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_THAT(records[0].fields, ElementsAre("#line", "#reason", "#detail", "#raw", "tenant_id", "company_name",
                                             "primary_domain", "relationship"));
  EXPECT_THAT(records[1].fields,
              ElementsAre("2", "INVITATION_REQUIRED", "ask first", "", "1", "A, B", "a.example", "Reseller"));
  EXPECT_THAT(records[2].fields,
              ElementsAre("3", "MALFORMED_LINE", "has 1 columns instead of 4", "broken", "", "", "", ""));
  EXPECT_EQ(records[3].fields[0], "5");

  const auto again = ReadCustomerList(csv);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->rows[0].import.company_name(), "A, B");
  ASSERT_EQ(again->rows.size(), 2u);
  // What nobody corrected is kept for another time.
  ASSERT_EQ(again->broken.size(), 1u);
  EXPECT_EQ(again->broken[0].raw, "broken");
  ImportResult refused_again;
  refused_again.outcomes.assign(again->rows.size(), {Result::kRefused, "WHY", ""});
  EXPECT_EQ(ReadCustomerList(RejectsCsv(*again, refused_again))->header.size(), 8u);
}

TEST(RejectsCsvTest, IsKnownAgain) {
  const std::string csv = RejectsCsv(*ReadCustomerList(kList), SomeRefused());
  EXPECT_TRUE(IsRejectsCsv(csv));
  EXPECT_TRUE(IsRejectsCsv(""));
  EXPECT_FALSE(IsRejectsCsv(kList));
  EXPECT_FALSE(IsRejectsCsv("a letter\n"));
}

TEST(RejectsCsvTest, IsEmptyWhenEveryRowWasTaken) {
  ImportResult result;
  result.outcomes = {{Result::kCreated, "", ""}};
  EXPECT_EQ(
      RejectsCsv(*ReadCustomerList("tenant_id,company_name,primary_domain,relationship\n1,A,a.example,R\n"), result),
      "");
}

TEST(SummaryTest, CountsAndTellsHowToInvite) {
  ImportOptions options;
  options.partner = "partners/p";
  const std::string text = Summary("list.csv", options, *ReadCustomerList(kList), SomeRefused());
  EXPECT_THAT(text, HasSubstr("4 rows of list.csv for partners/p"));
  EXPECT_THAT(text, HasSubstr("       1 created\n"));
  EXPECT_THAT(text, HasSubstr("       0 already there\n"));
  EXPECT_THAT(text, HasSubstr("       1 refused: INVITATION_REQUIRED\n"));
  EXPECT_THAT(text, HasSubstr("       1 refused: MALFORMED_LINE\n"));
  EXPECT_THAT(text, HasSubstr("       1 refused: RELATIONSHIP_KIND_NOT_IMPORTABLE\n"));
  EXPECT_THAT(text, HasSubstr("InvitationService/CreateInvitation"));
  EXPECT_THAT(text, HasSubstr(R"("parent":"partners/p")"));
  EXPECT_THAT(text, HasSubstr(R"("domain":"a.example")"));
  EXPECT_THAT(text, Not(HasSubstr("d.example")));
  EXPECT_THAT(text, Not(HasSubstr("Stopped")));
}

TEST(SummaryTest, TellsWhyItStoppedAndWhatIsLeft) {
  ImportOptions options;
  options.validate_only = true;
  ImportResult result;
  result.outcomes = {{Result::kCreated, "", ""}};
  result.stopped = absl::UnavailableError("nobody there");
  const std::string text = Summary("list.csv", options, *ReadCustomerList(kList), result);
  EXPECT_THAT(text, HasSubstr("1 would be created"));
  EXPECT_THAT(text, HasSubstr("2 not answered yet"));
  EXPECT_THAT(text, HasSubstr("Stopped: UNAVAILABLE: nobody there\nRun the same command again"));
  result.stopped = absl::UnauthenticatedError("no token");
  EXPECT_THAT(Summary("list.csv", options, *ReadCustomerList(kList), result), HasSubstr("Mend this first"));
}

TEST(SummaryTest, NamesTenToInvite) {
  std::string rows = "tenant_id,company_name,primary_domain,relationship\n";
  ImportResult result;
  for (int i = 0; i < 13; ++i) {
    absl::StrAppend(&rows, i, ",A,a", i, ".example,Reseller\n");
    result.outcomes.push_back({Result::kRefused, "INVITATION_REQUIRED", ""});
  }
  const std::string text = Summary("list.csv", ImportOptions(), *ReadCustomerList(rows), result);
  EXPECT_THAT(text, HasSubstr("13 organisations have"));
  EXPECT_THAT(text, HasSubstr("and 3 more"));
}

TEST(ProgressLineTest, ShowsHowFarItIs) {
  EXPECT_EQ(ProgressLine(500, 1000, 3, absl::Seconds(4), absl::OkStatus()),
            "[###############...............] 500/1000 rows, 3 refused, 4 s");
  EXPECT_THAT(ProgressLine(0, 10, 0, absl::ZeroDuration(), absl::UnavailableError("x")),
              HasSubstr("trying again after UNAVAILABLE"));
  EXPECT_THAT(ProgressLine(0, 0, 0, absl::ZeroDuration(), absl::OkStatus()), HasSubstr("0/0"));
}

}  // namespace
}  // namespace clientele::import_customers
