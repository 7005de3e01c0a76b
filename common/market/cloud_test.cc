#include "common/market/cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace clientele::market {
namespace {

using ::testing::HasSubstr;

class CloudFile : public ::testing::TestWithParam<const char*> {};

TEST_P(CloudFile, LoadsForItsCellAlone) {
  const std::string path = absl::StrCat("deploy/clouds/", GetParam(), ".json");
  const auto cloud = Cloud::Load(path, GetParam());
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  EXPECT_EQ(cloud->cell(), GetParam());
  EXPECT_EQ(cloud->directory_issuer(), absl::StrCat("https://directory.clientele.local/", GetParam()));
  EXPECT_TRUE(cloud->AllowsPartnerKind("direct_bill"));
  EXPECT_TRUE(cloud->AllowsInvitationKind("reseller"));
  EXPECT_EQ(cloud->invitation().default_lifetime, absl::Hours(24 * 30));
  EXPECT_EQ(cloud->invitation().min_lifetime, absl::Hours(24));
  EXPECT_EQ(cloud->invitation().max_lifetime, absl::Hours(24 * 90));
  EXPECT_EQ(cloud->invitation().reminder, absl::Hours(24 * 3));
  EXPECT_EQ(cloud->invitation().daily_mails_to_strangers_per_partner, 500);
  EXPECT_THAT(std::string(Cloud::Load(path, "elsewhere").status().message()), HasSubstr("cell: must be elsewhere"));
}

INSTANTIATE_TEST_SUITE_P(All, CloudFile, ::testing::Values("global", "us-government", "germany"));

TEST(CloudFiles, DifferWhereTheCloudsDo) {
  const auto global = Cloud::Load("deploy/clouds/global.json", "global");
  const auto government = Cloud::Load("deploy/clouds/us-government.json", "us-government");
  const auto germany = Cloud::Load("deploy/clouds/germany.json", "germany");
  EXPECT_TRUE(global->accepts_new_customers());
  EXPECT_FALSE(germany->accepts_new_customers());
  EXPECT_TRUE(global->AllowsPartnerKind("indirect_provider"));
  EXPECT_FALSE(government->AllowsPartnerKind("indirect_provider"));
  EXPECT_FALSE(government->AllowsPartnerKind("indirect_reseller"));
}

TEST(Cloud, KnowsFreeMailDomainsAndWhatLiesBelowThem) {
  const auto cloud = Cloud::Load("deploy/clouds/global.json", "global");
  ASSERT_TRUE(cloud.ok());
  EXPECT_TRUE(cloud->IsFreeMailDomain("gmail.com"));
  EXPECT_TRUE(cloud->IsFreeMailDomain("sub.outlook.com"));
  EXPECT_FALSE(cloud->IsFreeMailDomain("notgmail.com"));
  EXPECT_FALSE(cloud->IsFreeMailDomain("contoso.com"));
  EXPECT_FALSE(cloud->IsFreeMailDomain("com"));
}

constexpr char kGood[] = R"({"cell":"blue","accepts_new_customers":true,"directory_issuer":"https://d.example/blue",
  "partner_kinds":["direct_bill"],"free_mail_domains":["gmail.com"],
  "invitation":{"kinds":["reseller"],"default_days":30,"min_days":1,"max_days":90,"reminder_days":3,
                "daily_mails_to_strangers_per_partner":500}})";

struct BrokenCase {
  const char* what;
  const char* with;
  const char* error;
};

class BrokenCloud : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenCloud, IsRefusedWithThePlace) {
  ASSERT_TRUE(Cloud::Parse(kGood, "test", "blue").ok());
  const std::string broken = absl::StrReplaceAll(kGood, {{GetParam().what, GetParam().with}});
  ASSERT_NE(broken, kGood);
  const auto cloud = Cloud::Parse(broken, "test", "blue");
  EXPECT_EQ(cloud.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(cloud.status().message()), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenCloud,
    ::testing::Values(BrokenCase{R"("blue")", R"("Blue!")", "cell: must match"},
                      BrokenCase{"true", "1", "accepts_new_customers: must be true or false"},
                      BrokenCase{"https:", "http:", "directory_issuer: must be an https URI"},
                      BrokenCase{"direct_bill", "friend", "partner_kinds: friend is none of"},
                      BrokenCase{R"(["direct_bill"])", "[]", "partner_kinds: must not be empty"},
                      BrokenCase{"reseller", "party", "invitation.kinds: party is none of"},
                      BrokenCase{R"("default_days":30)", R"("default_days":91)", "invitation.default_days: must be a"},
                      BrokenCase{R"("min_days":1)", R"("min_days":31)", "invitation.default_days: must lie between"},
                      BrokenCase{"reminder_days", "reminderdays", "invitation.reminderdays: is not a key"},
                      BrokenCase{"reminder_days", "reminderdays", "invitation.reminder_days: is missing"},
                      BrokenCase{"500", "\"many\"", "daily_mails_to_strangers_per_partner: must be a whole number"},
                      BrokenCase{"gmail.com", "GMail.com", "free_mail_domains: GMail.com is no domain"},
                      BrokenCase{"\"invitation\":{", "\"invitation\":[{", "parse error"}));

TEST(CloudLoad, MissingFileIsNotFound) {
  EXPECT_EQ(Cloud::Load("deploy/clouds/none.json", "none").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace clientele::market
