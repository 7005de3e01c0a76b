#include "common/market/culture.h"

#include <gtest/gtest.h>

namespace clientele::market {
namespace {

const Markets& TheMarkets() {
  static const Markets* const markets = new Markets(*Markets::Load("deploy/markets/markets.json"));
  return *markets;
}

struct Case {
  const char* country;  // empty: no market
  const char* text;
  const char* stored;  // empty: refused
};

class CultureTest : public ::testing::TestWithParam<Case> {};

TEST_P(CultureTest, IsCanonicalisedOrRefused) {
  std::vector<FieldViolation> violations;
  const auto culture = CheckCulture("culture", TheMarkets().Find(GetParam().country), GetParam().text, &violations);
  EXPECT_EQ(culture.value_or(""), GetParam().stored);
  EXPECT_EQ(violations.size(), culture.has_value() ? 0u : 1u);
  if (!violations.empty()) {
    EXPECT_EQ(violations[0].reason, "CULTURE");
  }
}

INSTANTIATE_TEST_SUITE_P(All, CultureTest,
                         ::testing::Values(Case{"US", "EN-us", "en-US"}, Case{"US", "en_us", "en-US"},
                                           Case{"DE", " de-DE ", "de-DE"}, Case{"DE", "en-US", "en-US"},
                                           Case{"DE", "fr-FR", ""}, Case{"", "fr-fr", "fr-FR"}, Case{"US", "en", ""},
                                           Case{"US", "", ""}, Case{"US", "english", ""}, Case{"US", "e1-US", ""},
                                           Case{"GB", "en-UK", ""}, Case{"US", "en-USA", ""}));

class LanguageTest : public ::testing::TestWithParam<Case> {};

TEST_P(LanguageTest, IsCanonicalisedOrRefused) {
  std::vector<FieldViolation> violations;
  const auto language = CheckLanguage("language", TheMarkets().Find(GetParam().country), GetParam().text, &violations);
  EXPECT_EQ(language.value_or(""), GetParam().stored);
  EXPECT_EQ(violations.size(), language.has_value() ? 0u : 1u);
  if (!violations.empty()) {
    EXPECT_EQ(violations[0].reason, "LANGUAGE");
  }
}

INSTANTIATE_TEST_SUITE_P(All, LanguageTest,
                         ::testing::Values(Case{"US", "EN", "en"}, Case{"CH", "it", "it"}, Case{"DE", "en", "en"},
                                           Case{"DE", "ja", ""}, Case{"", "ja", "ja"}, Case{"US", "eng", ""},
                                           Case{"US", "", ""}, Case{"US", "e-", ""}));

TEST(CurrencyTest, IsOneToBeBilledIn) {
  std::vector<FieldViolation> violations;
  EXPECT_EQ(CheckCurrency("currency", TheMarkets(), "eur", &violations), "EUR");
  EXPECT_EQ(CheckCurrency("currency", TheMarkets(), "XOF", &violations), "XOF");
  EXPECT_TRUE(violations.empty());
  for (const char* wrong : {"", "EURO", "XAU", "XXX", "DM", "ZZZ"}) {
    violations.clear();
    EXPECT_EQ(CheckCurrency("currency", TheMarkets(), wrong, &violations), std::nullopt) << wrong;
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].reason, "CURRENCY");
  }
}

}  // namespace
}  // namespace clientele::market
