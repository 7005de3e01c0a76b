#include "common/market/phone_number.h"

#include <gtest/gtest.h>

namespace clientele::market {
namespace {

struct PhoneCase {
  std::string country;
  std::string text;
  std::string stored;  // empty: refused
};

class PhoneNumberTest : public ::testing::TestWithParam<PhoneCase> {};

TEST_P(PhoneNumberTest, IsStoredOrRefused) {
  std::vector<FieldViolation> violations;
  const auto number = CheckPhoneNumber("phone_number", GetParam().country, GetParam().text, &violations);
  if (!GetParam().stored.empty()) {
    ASSERT_TRUE(violations.empty()) << violations.front().description;
    EXPECT_EQ(number, GetParam().stored);
  } else {
    EXPECT_FALSE(number.has_value()) << *number;
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "phone_number");
    EXPECT_EQ(violations[0].reason, "PHONE_NUMBER");
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, PhoneNumberTest,
    ::testing::Values(PhoneCase{"US", "(425) 555-0100", "+14255550100"},
                      PhoneCase{"US", "+1 425 555 0100", "+14255550100"}, PhoneCase{"DE", "030 123456", "+4930123456"},
                      PhoneCase{"DE", "+14255550100", "+14255550100"},
                      PhoneCase{"GB", "020 7946 0958", "+442079460958"},
                      PhoneCase{"HU", "06 1 234 5678", "+3612345678"},
                      PhoneCase{"KZ", "8 (717) 212-3456", "+77172123456"}, PhoneCase{"", "+4930123456", "+4930123456"},
                      PhoneCase{"", "030 123456", ""}, PhoneCase{"US", "425 555", ""}, PhoneCase{"US", "call me", ""},
                      PhoneCase{"US", "", ""}, PhoneCase{"US", "+999 123456789", ""},
                      PhoneCase{"US", "(425) 555-0100 ext. 12", ""}, PhoneCase{"US", "12345678901234567890", ""}));

}  // namespace
}  // namespace clientele::market
