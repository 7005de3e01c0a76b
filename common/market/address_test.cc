#include "common/market/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clientele::market {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const Markets& TheMarkets() {
  static const Markets* const markets = new Markets(*Markets::Load("deploy/markets/markets.json"));
  return *markets;
}

std::vector<std::string> FieldsOf(const std::vector<FieldViolation>& violations) {
  std::vector<std::string> fields;
  fields.reserve(violations.size());
  for (const FieldViolation& violation : violations) fields.push_back(violation.field + "/" + violation.reason);
  return fields;
}

TEST(CheckCountryTest, TakesAnyCaseAndHelpsTheUnitedKingdom) {
  std::vector<FieldViolation> violations;
  std::string country = " us ";
  EXPECT_EQ(CheckCountry("country", TheMarkets(), &country, &violations), TheMarkets().Find("US"));
  EXPECT_EQ(country, "US");
  for (std::string wrong : {"UK", "USA", "ZZ", ""}) {
    EXPECT_EQ(CheckCountry("country", TheMarkets(), &wrong, &violations), nullptr);
  }
  ASSERT_EQ(violations.size(), 4u);
  EXPECT_THAT(violations[0].description, HasSubstr("GB"));
}

struct FieldCase {
  const char* country;
  const char* text;
  const char* stored;
  const char* reason;  // empty: right
};

using Check = void (*)(const std::string&, const Market&, std::string*, std::vector<FieldViolation>*);

void Expect(Check check, const FieldCase& test) {
  std::vector<FieldViolation> violations;
  std::string value = test.text;
  check("the.field", *TheMarkets().Find(test.country), &value, &violations);
  if (*test.reason == '\0') {
    ASSERT_TRUE(violations.empty()) << violations[0].description;
    EXPECT_EQ(value, test.stored);
  } else {
    ASSERT_EQ(violations.size(), 1u) << test.country << " " << test.text;
    EXPECT_EQ(violations[0].field, "the.field");
    EXPECT_EQ(violations[0].reason, test.reason);
  }
}

class PostalCodeTest : public ::testing::TestWithParam<FieldCase> {};
TEST_P(PostalCodeTest, FollowsTheMarket) { Expect(CheckPostalCode, GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    All, PostalCodeTest,
    ::testing::Values(FieldCase{"US", "98052", "98052", ""}, FieldCase{"US", "98052-6399", "98052-6399", ""},
                      FieldCase{"US", "9805", "", "POSTAL_CODE"}, FieldCase{"US", "", "", "REQUIRED"},
                      FieldCase{"GB", "sw1a  1aa", "SW1A 1AA", ""}, FieldCase{"GB", "12345", "", "POSTAL_CODE"},
                      FieldCase{"SE", "SE-114 55", "114 55", ""}, FieldCase{"DE", "D-10115", "", "POSTAL_CODE"},
                      FieldCase{"DE", "DE 10115", "10115", ""}, FieldCase{"CA", "k1a0b1", "K1A0B1", ""},
                      FieldCase{"IE", "D02 X285", "D02 X285", ""}, FieldCase{"KR", "03051", "03051", ""},
                      FieldCase{"HK", "", "", ""}, FieldCase{"AE", "anything", "ANYTHING", ""},
                      FieldCase{"AE", "123456789012345678901", "", "POSTAL_CODE"}, FieldCase{"HU", "", "", ""},
                      FieldCase{"HU", "12", "", "POSTAL_CODE"}, FieldCase{"SG", "546080", "546080", ""}));

class StateTest : public ::testing::TestWithParam<FieldCase> {};
TEST_P(StateTest, BecomesTheCodeWhereTheCountryDemandsOne) { Expect(CheckState, GetParam()); }
INSTANTIATE_TEST_SUITE_P(All, StateTest,
                         ::testing::Values(FieldCase{"US", "Washington", "WA", ""}, FieldCase{"US", "us-wa", "WA", ""},
                                           FieldCase{"US", "", "", "REQUIRED"},
                                           FieldCase{"US", "Bavaria", "", "SUBDIVISION"},
                                           FieldCase{"BR", "São Paulo", "SP", ""},
                                           FieldCase{"MX", "Jalisco", "JAL", ""}, FieldCase{"DE", "", "", ""},
                                           FieldCase{"DE", "Bayern", "BY", ""},
                                           FieldCase{"GB", "Berkshire Hills", "Berkshire Hills", ""}));

class RegistrationNumberTest : public ::testing::TestWithParam<FieldCase> {};
TEST_P(RegistrationNumberTest, IsDemandedOrForbidden) { Expect(CheckRegistrationNumber, GetParam()); }
INSTANTIATE_TEST_SUITE_P(All, RegistrationNumberTest,
                         ::testing::Values(FieldCase{"HU", "12892312", "12892312", ""},
                                           FieldCase{"HU", " 12892312-2-41", "12892312-2-41", ""},
                                           FieldCase{"HU", "1289231", "", "REGISTRATION_NUMBER"},
                                           FieldCase{"HU", "", "", "REQUIRED"},
                                           FieldCase{"RU", "1234567894", "1234567894", ""},
                                           FieldCase{"UA", "32855961", "32855961", ""},
                                           FieldCase{"KZ", "120140001234", "120140001234", ""},
                                           FieldCase{"KZ", "no spaces", "", "REGISTRATION_NUMBER"},
                                           FieldCase{"DE", "", "", ""}, FieldCase{"DE", "HRB 1", "", "NOT_SUPPORTED"}));

TEST(RegistrationNumber, CarriesThePartnerCenterCode) {
  std::vector<FieldViolation> violations;
  std::string missing, wrong = "x y", forbidden = "1";
  CheckRegistrationNumber("n", *TheMarkets().Find("HU"), &missing, &violations);
  CheckRegistrationNumber("n", *TheMarkets().Find("HU"), &wrong, &violations);
  CheckRegistrationNumber("n", *TheMarkets().Find("DE"), &forbidden, &violations);
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].pc_code, "600049");
  EXPECT_EQ(violations[1].pc_code, "600050");
  EXPECT_EQ(violations[2].pc_code, "600002");
}

TEST(CheckAddressTest, StoresTheFormOfTheMarket) {
  Address address{" One Microsoft Way ", "", "Redmond", "washington", "98052", "us", "Ada", "", "Lovelace",
                  "(425) 555-0100"};
  std::vector<FieldViolation> violations;
  EXPECT_EQ(CheckAddress("", TheMarkets(), &address, &violations), TheMarkets().Find("US"));
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(address.address_line1, "One Microsoft Way");
  EXPECT_EQ(address.state, "WA");
  EXPECT_EQ(address.country, "US");
  EXPECT_EQ(address.phone_number, "+14255550100");
}

TEST(CheckAddressTest, ReportsEveryViolationAtOnceWithItsPath) {
  Address address;
  address.country = "US";
  address.postal_code = "x";
  address.phone_number = "12";
  std::vector<FieldViolation> violations;
  CheckAddress("customer.billing_profile.default_address", TheMarkets(), &address, &violations);
  EXPECT_THAT(FieldsOf(violations),
              UnorderedElementsAre("customer.billing_profile.default_address.address_line1/REQUIRED",
                                   "customer.billing_profile.default_address.city/REQUIRED",
                                   "customer.billing_profile.default_address.state/REQUIRED",
                                   "customer.billing_profile.default_address.postal_code/POSTAL_CODE",
                                   "customer.billing_profile.default_address.phone_number/PHONE_NUMBER"));
}

TEST(CheckAddressTest, ElevenCountriesDemandAPhone) {
  Address address{"Fő utca 1", "", "Budapest", "", "1011", "HU", "", "", "", ""};
  std::vector<FieldViolation> violations;
  CheckAddress("a", TheMarkets(), &address, &violations);
  ASSERT_THAT(FieldsOf(violations), UnorderedElementsAre("a.phone_number/REQUIRED"));
  EXPECT_EQ(violations[0].pc_code, "600051");
}

TEST(CheckAddressTest, WithoutACountryChecksWhatItCan) {
  Address address;
  std::vector<FieldViolation> violations;
  EXPECT_EQ(CheckAddress("a", TheMarkets(), &address, &violations), nullptr);
  EXPECT_THAT(FieldsOf(violations), UnorderedElementsAre("a.address_line1/REQUIRED", "a.country/REQUIRED"));
}

}  // namespace
}  // namespace clientele::market
