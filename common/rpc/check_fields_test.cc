#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/rpc/formats.h"
#include "common/rpc/rules.h"
#include "probe_service.pb.h"

namespace clientele::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::v1::Probe;
using testing::v1::RegisterProbeRequest;
using testing::v1::UpdateProbeRequest;

constexpr char kId[] = "0190f0a0-0000-7000-8000-000000000001";

Probe Good() {
  Probe probe;
  probe.set_title("title");
  probe.set_kind(testing::v1::PROBE_KIND_SMALL);
  probe.set_count(2);
  probe.set_country("DE");
  return probe;
}

// field:reason of every violation.
std::vector<std::string> Violations(const google::protobuf::Message& message, absl::string_view prefix = "") {
  std::vector<std::string> all;
  for (const FieldViolation& violation : CheckFields(message, prefix)) {
    EXPECT_FALSE(violation.description.empty());
    all.push_back(absl::StrCat(violation.field, ":", violation.reason));
  }
  return all;
}

TEST(CheckFields, NoneInAGoodMessage) {
  Probe probe = Good();
  probe.set_name("ignored: the service sets it");
  probe.set_title("éééééééééé");  // ten characters, twenty bytes
  (*probe.mutable_labels())["a"] = "";
  probe.add_domains("contoso.com");
  probe.mutable_time()->set_seconds(253402300799);
  probe.set_code("123");
  EXPECT_THAT(Violations(probe), IsEmpty());
}

TEST(CheckFields, AllAtOnceWithTheirPaths) {
  Probe probe;
  probe.mutable_contact()->set_email("no address");
  probe.add_others()->set_first_name("a\nb");
  (*probe.mutable_labels())["k"] = "too long";
  probe.add_domains("");
  probe.add_domains("nodots");
  probe.add_kinds(static_cast<testing::v1::ProbeKind>(0));
  probe.add_kinds(static_cast<testing::v1::ProbeKind>(77));
  probe.set_count(10);
  probe.mutable_time()->set_nanos(-1);
  probe.set_code("ab");
  probe.set_email("");
  EXPECT_THAT(
      Violations(probe, "row[3]"),
      ElementsAre("row[3].title:REQUIRED", "row[3].kind:REQUIRED", "row[3].contact.first_name:REQUIRED",
                  "row[3].contact.last_name:REQUIRED", "row[3].contact.email:EMAIL", "row[3].others[0].first_name:LINE",
                  "row[3].others[0].last_name:REQUIRED", "row[3].others[0].email:REQUIRED", "row[3].labels[k]:TOO_LONG",
                  "row[3].domains[0]:REQUIRED", "row[3].domains[1]:DOMAIN", "row[3].kinds[0]:REQUIRED",
                  "row[3].kinds[1]:UNKNOWN_VALUE", "row[3].count:OUT_OF_RANGE", "row[3].time:TIME",
                  "row[3].country:REQUIRED", "row[3].code:TOO_SHORT", "row[3].email:REQUIRED"));
}

TEST(CheckFields, ListsAndMapsAreBounded) {
  Probe probe = Good();
  for (int i = 0; i < 3; ++i) {
    probe.add_others();
    (*probe.mutable_labels())[absl::StrCat("k", i)] = "v";
  }
  EXPECT_THAT(Violations(probe), ElementsAre("others:TOO_MANY", "labels:TOO_MANY"));
  probe = Good();
  (*probe.mutable_labels())["a b"] = "v";
  EXPECT_THAT(Violations(probe), ElementsAre("labels:CODE")) << "a bad key stands in no path";
  probe.set_code("12a4");
  probe.clear_labels();
  EXPECT_THAT(Violations(probe), ElementsAre("code:PATTERN"));
}

TEST(CheckFields, RowsAreLeftToTheirHandler) {
  RegisterProbeRequest request;
  *request.mutable_probe() = Good();
  request.add_rows();
  request.add_rows();
  EXPECT_THAT(Violations(request), IsEmpty());
  request.add_rows();
  EXPECT_THAT(Violations(request), ElementsAre("rows:TOO_MANY"));
}

UpdateProbeRequest Update(const std::vector<std::string>& paths) {
  UpdateProbeRequest request;
  request.mutable_probe()->set_name("checked first, elsewhere");
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  return request;
}

TEST(CheckFields, OfAnUpdateWhatTheMaskCovers) {
  EXPECT_THAT(Violations(UpdateProbeRequest()), ElementsAre("probe:REQUIRED"));
  EXPECT_THAT(Violations(Update({})), IsEmpty()) << "nothing is set, nothing is changed";
  EXPECT_THAT(Violations(Update({"count"})), ElementsAre("probe.count:OUT_OF_RANGE"));
  EXPECT_THAT(Violations(Update({"title"})), ElementsAre("probe.title:REQUIRED"));
  EXPECT_THAT(Violations(Update({"contact"})), IsEmpty()) << "cleared";
  EXPECT_THAT(Violations(Update({"contact.email"})), ElementsAre("probe.contact.email:REQUIRED"));
  EXPECT_THAT(Violations(Update({"*"})),
              ElementsAre("probe.title:REQUIRED", "probe.kind:REQUIRED", "probe.count:OUT_OF_RANGE"));
  UpdateProbeRequest request = Update({"contact.phone_number"});
  request.mutable_probe()->set_title("far too long for a title");
  request.mutable_probe()->mutable_contact()->set_email("no address");
  request.mutable_probe()->mutable_contact()->set_phone_number("none");
  request.mutable_probe()->set_etag("two words");
  request.set_request_id("1");
  EXPECT_THAT(Violations(request),
              ElementsAre("probe.contact.phone_number:PHONE", "probe.etag:TOO_LONG", "request_id:UUID"));
  request = Update({});
  request.mutable_probe()->mutable_contact()->set_email("a@contoso.com");
  EXPECT_THAT(Violations(request),
              ElementsAre("probe.contact.first_name:REQUIRED", "probe.contact.last_name:REQUIRED"));
}

struct FormatCase {
  type::v1::Format format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(Formats, KeepWhatTheyDocument) {
  const std::string label63(63, 'a');
  const FormatCase cases[] = {
      {type::v1::FORMAT_TEXT, {"a\nb", "é 日本", " "}, {"a\tb", "a\rb", std::string("a\0b", 3), "\x7f", "\xc2\x85"}},
      {type::v1::FORMAT_LINE, {"Müller & Söhne", "日本"}, {"a\nb", "a\u2028b", "\xc2\x9f"}},
      {type::v1::FORMAT_UUID, {kId}, {"0190F0A0-0000-7000-8000-000000000001", "0190f0a0", "{0190f0a0}"}},
      {type::v1::FORMAT_EMAIL,
       {"a@b.de", "a.b+c@contoso.co.uk", "o'neil@contoso.com"},
       {"a", "a@", "@b.de", "a@b", "a b@c.de", ".a@b.de", "a.@b.de", "a..b@c.de", "ä@b.de", "a@ä.de", "a@b@c.de",
        "a@-b.de", absl::StrCat(std::string(65, 'a'), "@b.de"), "\"a\"@b.de"}},
      {type::v1::FORMAT_DOMAIN,
       {"contoso.com", "CONTOSO.com", "a-b.contoso.com.", "bücher.de", "xn--bcher-kva.de",
        absl::StrCat(label63, ".de")},
       {"contoso", "https://contoso.com", "contoso..com", "-a.com", "a-.com", "a b.com", "a_b.com", ".com", "a.com/x"}},
      {type::v1::FORMAT_COUNTRY, {"DE", "GB"}, {"de", "DEU", "D", "D1"}},
      {type::v1::FORMAT_CURRENCY, {"EUR"}, {"eur", "EU", "EU1"}},
      {type::v1::FORMAT_LANGUAGE, {"en"}, {"EN", "eng", "e"}},
      {type::v1::FORMAT_CULTURE,
       {"en-US", "EN-us", "en_US", "de", "zh-Hans-CN"},
       {"e", "en-", "en US", "en-US-x-y", "1-US"}},
      {type::v1::FORMAT_PHONE, {"+1 (425) 555-0100", "030 123"}, {"none", "+\n1"}},
      {type::v1::FORMAT_OPAQUE, {"aA1._-=~"}, {"a b", "é", "a\n"}},
      {type::v1::FORMAT_URI,
       {"https://directory.clientele.local/global", "https://a.b:8443/c?d=e"},
       {"http://a.b", "https://", "https:///x", "//a.b", "https://a b", "https://a.b/#c", "https://u@a.b", "ftp://a"}},
      {type::v1::FORMAT_SLUG, {"ab", "office365-portal"}, {"a", "1ab", "Ab", "ab-", "-ab", "a_b"}},
      {type::v1::FORMAT_CODE, {"A1._-:/"}, {"a b", "é", "a*"}},
      {type::v1::FORMAT_FILTER, {"anything \n"}, {}},
  };
  for (const FormatCase& one : cases) {
    type::v1::FieldRule rule;
    rule.set_format(one.format);
    for (const std::string& text : one.good) {
      EXPECT_FALSE(CheckText(text, rule).has_value()) << type::v1::Format_Name(one.format) << " " << text;
    }
    for (const std::string& text : one.bad) {
      const std::optional<Fault> fault = CheckText(text, rule);
      ASSERT_TRUE(fault.has_value()) << type::v1::Format_Name(one.format) << " " << text;
      EXPECT_EQ(absl::StrCat("FORMAT_", fault->reason), type::v1::Format_Name(one.format));
    }
  }
}

TEST(MatchesPattern, SegmentBySegment) {
  const std::string hold = absl::StrCat("partners/", kId, "/customerRelationships/", kId, "/terminationHolds/");
  constexpr char kHold[] = "partners/{partner}/customerRelationships/{customer}/terminationHolds/{hold}";
  EXPECT_TRUE(MatchesPattern(absl::StrCat("partners/", kId), "partners/{partner}"));
  EXPECT_TRUE(MatchesPattern("partners/-", "partners/-"));
  EXPECT_TRUE(MatchesPattern("importSources/office365-portal", "importSources/{source}"));
  EXPECT_TRUE(MatchesPattern(absl::StrCat(hold, "Sub_1.x-y"), kHold));
  for (const char* bad :
       {"", "partners", "partners/", "partners/-", "partners/x", "Partners/0190f0a0-0000-7000-8000-000000000001",
        "partners/0190f0a0-0000-7000-8000-000000000001/", "/partners/0190f0a0-0000-7000-8000-000000000001"}) {
    EXPECT_FALSE(MatchesPattern(bad, "partners/{partner}")) << bad;
  }
  EXPECT_FALSE(MatchesPattern(absl::StrCat(hold, ".hidden"), kHold));
  EXPECT_FALSE(MatchesPattern(absl::StrCat(hold, std::string(64, 'a')), kHold));
  EXPECT_FALSE(MatchesPattern("importSources/Office", "importSources/{source}"));
}

TEST(ClearPersonal, LeavesNoPersonalValueAndNoCredential) {
  Probe probe = Good();
  probe.mutable_contact()->set_email("a@b.de");
  probe.add_others()->set_first_name("Anna");
  probe.set_email("a@b.de");
  probe.set_credential("secret");
  google::protobuf::Any packed;
  ASSERT_TRUE(packed.ParseFromString(PackForEvent(probe)));
  Probe event;
  ASSERT_TRUE(packed.UnpackTo(&event));
  EXPECT_EQ(event.title(), "title");
  EXPECT_EQ(event.contact().email(), "");
  EXPECT_EQ(event.others(0).first_name(), "");
  EXPECT_FALSE(event.has_email());
  EXPECT_EQ(event.credential(), "");
  EXPECT_EQ(probe.credential(), "secret") << "the original is left alone";
}

TEST(FieldAt, WalksThroughMessages) {
  UpdateProbeRequest request;
  EXPECT_EQ(FieldAt(request, "probe.name"), "");
  request.mutable_probe()->set_name("n");
  EXPECT_EQ(FieldAt(request, "probe.name"), "n");
  EXPECT_EQ(FieldAt(request, "probe.color"), "");
  EXPECT_EQ(FieldAt(request, "probe.domains"), "");
  ASSERT_NE(FieldOf(*request.GetDescriptor(), "probe.name"), nullptr);
  EXPECT_EQ(FieldOf(*request.GetDescriptor(), "probe.name")->full_name(), "clientele.rpc.testing.v1.Probe.name");
  EXPECT_EQ(FieldOf(*request.GetDescriptor(), "probe.name.x"), nullptr);
}

}  // namespace
}  // namespace clientele::rpc
