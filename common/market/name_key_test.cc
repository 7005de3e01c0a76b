#include "common/market/name_key.h"

#include <gtest/gtest.h>

namespace clientele::market {
namespace {

TEST(NameKeyTest, FoldsCaseAccentsAndSpaces) {
  EXPECT_EQ(NameKey("Contoso GmbH"), "contoso gmbh");
  EXPECT_EQ(NameKey("  Łódź \t Ørsted\u00a0Æ "), "lodz orsted ae");
  EXPECT_EQ(NameKey("STRASSE"), NameKey("Straße"));
  EXPECT_EQ(NameKey("Cafe\u0301"), NameKey("Café"));
  EXPECT_EQ(NameKey("ＦＵＬＬ"), "full");
  EXPECT_EQ(NameKey("İstanbul"), "istanbul");
  EXPECT_EQ(NameKey(""), "");
  EXPECT_EQ(NameKey("   "), "");
}

TEST(NameKeyTest, KeepsTheMarksThatCarryMeaning) {
  EXPECT_EQ(NameKey("कंपनी"), "कंपनी");
  EXPECT_EQ(NameKey("株式会社 東京"), "株式会社 東京");
  EXPECT_EQ(NameKey("한국"), "한국");
  EXPECT_EQ(NameKey("ООО «Ромашка»"), "ооо «ромашка»");
}

TEST(NameKeyTest, SortsAsPeopleLookUp) {
  EXPECT_LT(NameKey("Äpfel AG"), NameKey("Birnen AG"));
  EXPECT_LT(NameKey("abc"), NameKey("ABD"));
}

TEST(NameKeyTest, SurvivesBytesThatAreNoText) { EXPECT_EQ(NameKey("a\xff"), "a\uFFFD"); }

TEST(NameKeyTest, IsStable) {
  for (const char* name : {"Łódź GmbH", "Straße", "Café", "İ", "ﬁ"}) EXPECT_EQ(NameKey(NameKey(name)), NameKey(name));
}

}  // namespace
}  // namespace clientele::market
