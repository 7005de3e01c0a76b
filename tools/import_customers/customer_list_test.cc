#include "tools/import_customers/customer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clientele::import_customers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTenant[] = "0f8fad5b-d9cb-469f-a165-70867728950e";

TEST(CustomerList, ReadsPartnerCentersExport) {
  const auto list = ReadCustomerList(
      "\xef\xbb\xbf\"Microsoft ID\",\"Company name\",\"Primary domain name\",\"Relationship\"\r\n"
      "\"0F8FAD5B-D9CB-469F-A165-70867728950E\",\" Contoso, \"\"the\"\" GmbH \",\"contoso.com\",\"Reseller\"\r\n");
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->rows.size(), 1u);
  const auto& row = list->rows[0].import;
  EXPECT_EQ(row.tenant_id(), kTenant);
  EXPECT_EQ(row.company_name(), "Contoso, \"the\" GmbH");
  EXPECT_EQ(row.primary_domain(), "contoso.com");
  EXPECT_EQ(row.relationship(), "Reseller");
  EXPECT_FALSE(row.has_customer());
  EXPECT_EQ(list->rows[0].line, 2);
}

TEST(CustomerList, ReadsTheWholeAccountInAnyOrder) {
  const auto list = ReadCustomerList(
      "contacts.2.email,billing_profile.default_address.city,labels.Cost_Center,TENANT_ID,relationship,"
      "contacts.1.first_name,primary_domain,company_name,external_id,#note,billing_profile.email\n"
      "b@c.example,Wien,7,0f8fad5b-d9cb-469f-a165-70867728950e,reseller,Ada,c.example,C,E-1,ignored,i@c.example\n");
  ASSERT_TRUE(list.ok()) << list.status();
  const auto& customer = list->rows[0].import.customer();
  EXPECT_EQ(customer.billing_profile().default_address().city(), "Wien");
  EXPECT_EQ(customer.billing_profile().email(), "i@c.example");
  EXPECT_EQ(customer.external_id(), "E-1");
  EXPECT_EQ(customer.labels().at("Cost_Center"), "7");
  ASSERT_EQ(customer.contacts_size(), 2);
  EXPECT_EQ(customer.contacts(0).first_name(), "Ada");
  EXPECT_EQ(customer.contacts(1).email(), "b@c.example");
}

TEST(CustomerList, AnEmptyCellIsAnAbsentField) {
  const auto list = ReadCustomerList(
      "tenant_id,company_name,primary_domain,relationship,contacts.1.email,billing_profile.email\n"
      "x,C,c.example,Reseller,,  \n");
  ASSERT_TRUE(list.ok());
  EXPECT_FALSE(list->rows[0].import.has_customer());
}

TEST(CustomerList, ABrokenLineNeverStopsTheGoodOnes) {
  const auto list = ReadCustomerList(
      "tenant_id;company_name;primary_domain;relationship\n"
      "1;A;a.example;Reseller\n2;B\n\"3;C;c.example;Reseller\n4;D;d.example;Reseller\n5;\xff;e.example;Reseller\n");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->rows.size(), 2u);
  EXPECT_EQ(list->rows[1].import.company_name(), "D");
  EXPECT_EQ(list->rows[1].line, 5);
  ASSERT_EQ(list->broken.size(), 3u);
  EXPECT_THAT((std::vector<int64_t>{list->broken[0].line, list->broken[1].line, list->broken[2].line}),
              ElementsAre(3, 4, 6));
  EXPECT_EQ(list->broken[0].raw, "2;B");
}

TEST(CustomerList, AQuoteLeftOpenCostsNoOtherCustomer) {
  for (const char* format : {"tenant_id,company_name,primary_domain,relationship\n"
                             "0F8FAD5B-d9cb-469f-a165-70867728950e,\"Open GmbH,a.example,Reseller\n"
                             "1f8fad5b-d9cb-469f-a165-70867728950e,Pipe 12\",b.example,Reseller\n",
                             "company_name,#note,tenant_id,primary_domain,relationship\n"
                             "Open GmbH,\"a, note,0f8fad5b-d9cb-469f-a165-70867728950e,a.example,Reseller\n"
                             "Pipe,12\",1f8fad5b-d9cb-469f-a165-70867728950e,b.example,Reseller\n"}) {
    const auto list = ReadCustomerList(format);
    ASSERT_TRUE(list.ok()) << list.status();
    ASSERT_EQ(list->broken.size(), 1u);
    EXPECT_EQ(list->broken[0].line, 2);
    ASSERT_EQ(list->rows.size(), 1u);
    EXPECT_EQ(list->rows[0].import.primary_domain(), "b.example");
  }
}

TEST(CustomerList, ACellMayHaveLines) {
  const auto list = ReadCustomerList(
      "company_name,tenant_id,external_id,#note,primary_domain,relationship\n"
      "\"Two\nlines, Inc\",0f8fad5b-d9cb-469f-a165-70867728950e,1f8fad5b-d9cb-469f-a165-70867728950e,\"a\nb\","
      "a.example,Reseller\n");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_TRUE(list->broken.empty());
  EXPECT_EQ(list->rows[0].import.company_name(), "Two\nlines, Inc");
}

struct HeaderCase {
  const char* text;
  const char* error;
};

class BadHeader : public ::testing::TestWithParam<HeaderCase> {};

TEST_P(BadHeader, IsNoList) {
  const auto list = ReadCustomerList(GetParam().text);
  EXPECT_EQ(list.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(list.status().message()), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadHeader,
    ::testing::Values(
        HeaderCase{"", "empty"}, HeaderCase{"\n\n", "empty"}, HeaderCase{"\xff\xfet", "UTF-16"},
        HeaderCase{"\"a", "the header has a quote that is not closed"},
        HeaderCase{"tenant_id,company_name\n", "no column \"primary_domain\"; no column \"relationship\""},
        HeaderCase{"tenant_id,company_name,primary_domain,relationship,tenant_id\n", "twice"},
        HeaderCase{"Microsoft ID,tenant_id,company_name,primary_domain,relationship\n", "twice"},
        HeaderCase{"tenant_id,company_name,primary_domain,relationship,colour\n", "unknown column \"colour\""},
        HeaderCase{"a,etag\n", "unknown column \"etag\""}, HeaderCase{"a,name\n", "unknown column \"name\""},
        HeaderCase{"a,labels.\n", "unknown column \"labels.\""},
        HeaderCase{"a,contacts.0.email\n", "unknown column \"contacts.0.email\""},
        HeaderCase{"a,contacts.11.email\n", "unknown column \"contacts.11.email\""},
        HeaderCase{"a,contacts.1.age\n", "unknown column \"contacts.1.age\""},
        HeaderCase{"a,billing_profile\n", "unknown column \"billing_profile\""},
        HeaderCase{"a,relationship.name\n", "unknown column \"relationship.name\""},
        HeaderCase{"a,revision\n", "unknown column \"revision\""},
        HeaderCase{"a,billing_profile.default_address.planet\n", "unknown column"}));

}  // namespace
}  // namespace clientele::import_customers
