#include "common/market/market.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace clientele::market {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Markets& TheMarkets() {
  static const Markets* const markets = [] {
    auto loaded = Markets::Load("deploy/markets/markets.json");
    if (!loaded.ok()) ADD_FAILURE() << loaded.status();
    return new Markets(*std::move(loaded));
  }();
  return *markets;
}

TEST(MarketsFile, HasEveryCountryOfIso3166) {
  EXPECT_EQ(TheMarkets().countries().size(), 249u);
  EXPECT_EQ(TheMarkets().regions().size(), 15u);
  EXPECT_FALSE(TheMarkets().version().empty());
  EXPECT_EQ(TheMarkets().Find("UK"), nullptr);
  EXPECT_EQ(TheMarkets().Find("us"), nullptr);
}

TEST(MarketsFile, DemandsARegistrationNumberAndAPhoneInElevenCountriesOnly) {
  const std::set<std::string> eleven = {"AM", "AZ", "BY", "HU", "KG", "KZ", "MD", "RU", "TJ", "UA", "UZ"};
  for (const auto& [country, market] : TheMarkets().countries()) {
    EXPECT_EQ(market.registration_number_required, eleven.count(country) > 0) << country;
    EXPECT_EQ(market.phone_required, eleven.count(country) > 0) << country;
  }
}

TEST(MarketsFile, EveryCountryIsUsable) {
  for (const auto& [country, market] : TheMarkets().countries()) {
    EXPECT_EQ(market.country, country);
    EXPECT_TRUE(TheMarkets().HasRegion(market.csp_region)) << country;
    EXPECT_TRUE(TheMarkets().HasCurrency(market.currency)) << country;
    EXPECT_TRUE(!market.postal_code_required || !market.postal_code.empty()) << country;
    for (const Subdivision& subdivision : market.subdivisions) {
      EXPECT_EQ(market.FindSubdivision(subdivision.code)->code, subdivision.code) << country;
      EXPECT_EQ(market.FindSubdivision(country + "-" + subdivision.code)->code, subdivision.code) << country;
      EXPECT_NE(market.FindSubdivision(subdivision.name), nullptr) << country << " " << subdivision.name;
    }
  }
}

TEST(MarketsFile, KnowsTheRegions) {
  EXPECT_EQ(TheMarkets().Find("DE")->csp_region, TheMarkets().Find("CH")->csp_region);
  EXPECT_NE(TheMarkets().Find("US")->csp_region, TheMarkets().Find("CA")->csp_region);
  EXPECT_EQ(TheMarkets().Find("BR")->csp_region, "brazil");
  EXPECT_TRUE(TheMarkets().Find("DE")->csp_region_documented);
  EXPECT_FALSE(TheMarkets().Find("CN")->csp_region_documented);
}

struct SubdivisionCase {
  const char* country;
  const char* text;
  const char* code;  // null: unknown
};

class SubdivisionTest : public ::testing::TestWithParam<SubdivisionCase> {};

TEST_P(SubdivisionTest, IsFoundByCodeAndName) {
  const Subdivision* found = TheMarkets().Find(GetParam().country)->FindSubdivision(GetParam().text);
  if (GetParam().code == nullptr) {
    EXPECT_EQ(found, nullptr) << found->name;
  } else {
    ASSERT_NE(found, nullptr) << GetParam().text;
    EXPECT_EQ(found->code, GetParam().code);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SubdivisionTest,
    ::testing::Values(SubdivisionCase{"US", "WA", "WA"}, SubdivisionCase{"US", "us-wa", "WA"},
                      SubdivisionCase{"US", " Washington ", "WA"}, SubdivisionCase{"US", "washington", "WA"},
                      SubdivisionCase{"US", "ZZ", nullptr}, SubdivisionCase{"US", "", nullptr},
                      SubdivisionCase{"US", "CA-QC", nullptr}, SubdivisionCase{"BR", "São Paulo", "SP"},
                      SubdivisionCase{"BR", "sao paulo", "SP"}, SubdivisionCase{"KR", "Seoul", "11"},
                      SubdivisionCase{"KR", "Seoul-teukbyeolsi", "11"}, SubdivisionCase{"CN", "Guangdong", "GD"},
                      SubdivisionCase{"ES", "Madrid", "M"}, SubdivisionCase{"ES", "La Coruña", "C"},
                      SubdivisionCase{"ES", "Comunidad de Madrid", "MD"}, SubdivisionCase{"IT", "Milan", "MI"},
                      SubdivisionCase{"TW", "Chiayi", "CYI"}, SubdivisionCase{"JP", "Tokyo", "13"},
                      SubdivisionCase{"MX", "Mexico City", "CMX"}, SubdivisionCase{"SG", "Singapore", nullptr}));

constexpr char kHead[] = R"({"version":"1","regions":{"europe":"Europe"},"currencies":["EUR"],"countries":[)";
constexpr char kCountry[] =
    R"({"code":"DE","name":"Germany","csp_region":"europe","csp_region_source":"documented","currency":"EUR",)"
    R"("languages":["de"],"cultures":["de-DE"],"registration_number_required":false,"phone_required":false,)"
    R"("city_required":true,"state_required":false,"postal_code_required":true,"postal_code_pattern":"\\d{5}",)"
    R"("subdivisions":{"BE":"Berlin"}})";

TEST(MarketsParse, TakesASmallFile) {
  const auto markets = Markets::Parse(std::string(kHead) + kCountry + "]}", "test");
  ASSERT_TRUE(markets.ok()) << markets.status();
  EXPECT_TRUE(markets->Find("DE")->postal_code.Matches("10115"));
  EXPECT_FALSE(markets->Find("DE")->postal_code.Matches("101156"));
}

TEST(MarketsParse, NamesEveryErrorWithItsPlace) {
  const std::string broken =
      R"({"code":"de","name":"","csp_region":"mars","csp_region_source":"guess","currency":"DM","languages":[],)"
      R"("cultures":[1],"registration_number_required":"no","phone_required":false,"city_required":true,)"
      R"("state_required":true,"postal_code_required":true,"postal_code_pattern":"(","subdivisions":{},"colour":"x"})";
  const auto markets = Markets::Parse(std::string(kHead) + kCountry + "," + kCountry + "," + broken + "]}", "the file");
  ASSERT_FALSE(markets.ok());
  EXPECT_EQ(markets.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(markets.status().message());
  for (const char* error :
       {"the file: ", "countries[1].code: DE stands there twice", "countries[2].code: must be an ISO 3166-1",
        "countries[2].name: must be text", "countries[2].csp_region: is none of",
        "countries[2].csp_region_source: must", "countries[2].currency: is none of",
        "countries[2].languages: must not be empty", "countries[2].cultures[0]: must be text",
        "countries[2].registration_number_required: must be true or false",
        "countries[2].postal_code_pattern: is no pattern", "countries[2].subdivisions: must not be empty",
        "countries[2].colour: is not a key"}) {
    EXPECT_THAT(message, HasSubstr(error));
  }
}

TEST(MarketsParse, TellsWhereTheSyntaxBreaks) {
  const auto markets = Markets::Parse("{\"version\":\n oops}", "the file");
  EXPECT_THAT(std::string(markets.status().message()), AllOf(HasSubstr("the file: 1 error"), HasSubstr("line 2")));
  EXPECT_FALSE(Markets::Parse("[]", "the file").ok());
  EXPECT_FALSE(Markets::Parse("{}", "the file").ok());
}

TEST(MarketsLoad, MissingFileIsNotFound) {
  EXPECT_EQ(Markets::Load("deploy/markets/none.json").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace clientele::market
