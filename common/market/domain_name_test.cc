#include "common/market/domain_name.h"

#include <gtest/gtest.h>

namespace clientele::market {
namespace {

struct DomainCase {
  std::string text;
  std::string stored;  // empty: refused
  std::string reason;
};

class DomainNameTest : public ::testing::TestWithParam<DomainCase> {};

TEST_P(DomainNameTest, IsStoredOrRefused) {
  std::vector<FieldViolation> violations;
  const auto domain = CheckDomainName("customer.primary_domain", GetParam().text, &violations);
  if (!GetParam().stored.empty()) {
    ASSERT_TRUE(violations.empty()) << violations.front().description;
    EXPECT_EQ(domain, GetParam().stored);
  } else {
    EXPECT_FALSE(domain.has_value()) << *domain;
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "customer.primary_domain");
    EXPECT_EQ(violations[0].reason, GetParam().reason) << violations[0].description;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DomainNameTest,
    ::testing::Values(
        DomainCase{"contoso.com", "contoso.com"}, DomainCase{" Contoso.COM ", "contoso.com"},
        DomainCase{"contoso.com.", "contoso.com"}, DomainCase{"contoso.onmicrosoft.com", "contoso.onmicrosoft.com"},
        DomainCase{"bücher.de", "xn--bcher-kva.de"}, DomainCase{"BÜCHER.de", "xn--bcher-kva.de"},
        DomainCase{"bu\u0308cher.de", "xn--bcher-kva.de"}, DomainCase{"straße.de", "xn--strae-oqa.de"},
        DomainCase{"xn--bcher-kva.de", "xn--bcher-kva.de"}, DomainCase{"contoso.example", "contoso.example"},
        DomainCase{"contoso.co.uk", "contoso.co.uk"},
        DomainCase{std::string(63, 'a') + ".com", std::string(63, 'a') + ".com"}, DomainCase{"", "", "REQUIRED"},
        DomainCase{"  ", "", "REQUIRED"}, DomainCase{"contoso", "", "DOMAIN_NAME"},
        DomainCase{"co.uk", "", "PUBLIC_SUFFIX"}, DomainCase{"CO.UK", "", "PUBLIC_SUFFIX"},
        DomainCase{"github.io", "", "PUBLIC_SUFFIX"}, DomainCase{"contoso..com", "", "DOMAIN_NAME"},
        DomainCase{".contoso.com", "", "DOMAIN_NAME"}, DomainCase{"-contoso.com", "", "DOMAIN_NAME"},
        DomainCase{"contoso-.com", "", "DOMAIN_NAME"}, DomainCase{"con_toso.com", "", "DOMAIN_NAME"},
        DomainCase{"con toso.com", "", "DOMAIN_NAME"}, DomainCase{"https://contoso.com", "", "DOMAIN_NAME"},
        DomainCase{"contoso.com/x", "", "DOMAIN_NAME"}, DomainCase{"it@contoso.com", "", "DOMAIN_NAME"},
        DomainCase{"192.0.2.1", "", "DOMAIN_NAME"}, DomainCase{"*.contoso.com", "", "DOMAIN_NAME"},
        DomainCase{std::string(64, 'a') + ".com", "", "DOMAIN_NAME"}, DomainCase{"xn--\xff.com", "", "DOMAIN_NAME"},
        DomainCase{std::string("contoso.com\0.evil.com", 21), "", "DOMAIN_NAME"},
        DomainCase{std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                       std::string(60, 'd') + "." + std::string(20, 'e') + ".com",
                   "", "DOMAIN_NAME"}));

class EmailAddressTest : public ::testing::TestWithParam<DomainCase> {};

TEST_P(EmailAddressTest, IsStoredOrRefused) {
  std::vector<FieldViolation> violations;
  const auto address = CheckEmailAddress("email", GetParam().text, &violations);
  if (!GetParam().stored.empty()) {
    ASSERT_TRUE(violations.empty()) << violations.front().description;
    EXPECT_EQ(address, GetParam().stored);
  } else {
    EXPECT_FALSE(address.has_value()) << *address;
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].reason, GetParam().reason) << violations[0].description;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EmailAddressTest,
    ::testing::Values(
        DomainCase{"ada@contoso.com", "ada@contoso.com"}, DomainCase{" Ada.L+x@Contoso.COM ", "Ada.L+x@contoso.com"},
        DomainCase{"o'brien_1@mail.contoso.co.uk", "o'brien_1@mail.contoso.co.uk"}, DomainCase{"", "", "REQUIRED"},
        DomainCase{"ada", "", "EMAIL_ADDRESS"}, DomainCase{"@contoso.com", "", "EMAIL_ADDRESS"},
        DomainCase{"ada@", "", "EMAIL_ADDRESS"}, DomainCase{"ada@contoso", "", "EMAIL_ADDRESS"},
        DomainCase{"ada@co.uk", "", "EMAIL_ADDRESS"}, DomainCase{".ada@contoso.com", "", "EMAIL_ADDRESS"},
        DomainCase{"a..b@contoso.com", "", "EMAIL_ADDRESS"}, DomainCase{"a b@contoso.com", "", "EMAIL_ADDRESS"},
        DomainCase{"a@b@contoso.com", "", "EMAIL_ADDRESS"}, DomainCase{"\"a\"@contoso.com", "", "EMAIL_ADDRESS"},
        DomainCase{"ädа@contoso.com", "", "EMAIL_ADDRESS"}, DomainCase{"ada@bücher.de", "", "EMAIL_ADDRESS"},
        DomainCase{"ada@[192.0.2.1]", "", "EMAIL_ADDRESS"}, DomainCase{"Ada <ada@contoso.com>", "", "EMAIL_ADDRESS"},
        DomainCase{"ada@contoso.com\r\nBcc: x@y.com", "", "EMAIL_ADDRESS"},
        DomainCase{std::string(65, 'a') + "@contoso.com", "", "EMAIL_ADDRESS"}));

TEST(DomainOfEmailTest, IsWhatFollowsTheAt) { EXPECT_EQ(DomainOfEmail("ada@contoso.com"), "contoso.com"); }

}  // namespace
}  // namespace clientele::market
