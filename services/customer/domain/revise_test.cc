#include "services/customer/domain/revise.h"

#include <gmock/gmock.h>

#include <functional>

#include "common/core/error.h"
#include "services/customer/domain/sample_customers_test.h"

namespace clientele::customer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1768000000);

struct Edit {
  const char* what;
  std::function<void(Customer&)> edits;
  std::vector<std::string> changed;
};

class ReviseEdit : public ::testing::TestWithParam<Edit> {};

TEST_P(ReviseEdit, NamesWhatChanged) {
  const Customer current = Contoso();
  Customer wanted = current;
  GetParam().edits(wanted);
  const auto revision = Revise(current, wanted, TestPolicy(), kNow);
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(revision->changed_fields, GetParam().changed);
  EXPECT_EQ(revision->after.revision, GetParam().changed.empty() ? current.revision : current.revision + 1);
  EXPECT_EQ(revision->after.update_time, GetParam().changed.empty() ? current.update_time : kNow);
}

INSTANTIATE_TEST_SUITE_P(
    Edits, ReviseEdit,
    ::testing::Values(
        Edit{"Nothing", [](Customer&) {}, {}},
        Edit{"NothingButCase", [](Customer& c) { c.billing_profile->culture = "EN-US"; }, {}},
        Edit{"NothingButForm", [](Customer& c) { c.billing_profile->default_address.state = "Washington"; }, {}},
        Edit{"Company", [](Customer& c) { c.company_name = "Contoso Inc."; }, {"company_name"}},
        Edit{"Email", [](Customer& c) { c.billing_profile->email = "b@contoso.com"; }, {"billing_profile.email"}},
        Edit{"City",
             [](Customer& c) { c.billing_profile->default_address.city = "Seattle"; },
             {"billing_profile.default_address.city"}},
        Edit{"Contacts",
             [](Customer& c) {
               c.contacts = {{"A", "B", "a@contoso.com", ""}};
             },
             {"contacts"}},
        Edit{"ExternalId", [](Customer& c) { c.external_id = "crm-1"; }, {"external_id"}},
        Edit{"Labels", [](Customer& c) { c.labels["tier"] = "gold"; }, {"labels"}}),
    [](const auto& info) { return info.param.what; });

TEST(ReviseTest, ACompleteProfileIsDemandedAsSoonAsOneIsTouched) {
  Customer current = Contoso();
  current.billing_profile.reset();
  current.profile_complete = false;
  Customer wanted = current;
  wanted.company_name = "Contoso Inc.";
  const auto refused = Revise(current, wanted, TestPolicy(), kNow);
  ASSERT_EQ(FieldViolationsOf(refused.status()).size(), 1U);
  EXPECT_EQ(FieldViolationsOf(refused.status())[0].field, "customer.billing_profile");

  wanted = Contoso();
  wanted.company_name = current.company_name;
  const auto completed = Revise(current, wanted, TestPolicy(), kNow);
  ASSERT_TRUE(completed.ok()) << completed.status();
  EXPECT_TRUE(completed->after.profile_complete);
  EXPECT_THAT(completed->changed_fields, ::testing::Contains("profile_complete"));
}

TEST(ReviseTest, ThePartnersOwnMarksNeedNoCompleteProfile) {
  Customer current = Contoso();
  current.billing_profile.reset();
  current.profile_complete = false;
  Customer wanted = current;
  wanted.labels["tier"] = "gold";
  wanted.external_id = "crm-1";
  const auto revision = Revise(current, wanted, TestPolicy(), kNow);
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_THAT(revision->changed_fields, UnorderedElementsAre("external_id", "labels"));
  EXPECT_FALSE(revision->after.profile_complete);
}

TEST(ReviseTest, ACustomerStaysInItsRegion) {
  const Customer current = Contoso();
  Customer wanted = current;
  market::Address& address = wanted.billing_profile->default_address;
  address.country = "DE";
  address.state = "";
  address.postal_code = "10115";
  address.city = "Berlin";
  const absl::Status status = Revise(current, wanted, TestPolicy(), kNow).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "REGION_MISMATCH");
  EXPECT_EQ(MetadataOf(status)["partner_region"], "united-states");
  EXPECT_EQ(MetadataOf(status)["customer_region"], "europe");
}

TEST(ReviseTest, AnEndedCustomerDoesNotChange) {
  Customer current = Contoso();
  current.state = AccountState::kEnded;
  EXPECT_EQ(ReasonOf(Revise(current, current, TestPolicy(), kNow).status()), "CUSTOMER_ENDED");
}

TEST(ReviseTest, AnAccountInTheMakingBecomesActive) {
  Customer current = Contoso();
  current.state = AccountState::kProvisioning;
  current.link_generation = current.link_revision = current.revision = 0;
  current.relationship = {};
  const auto created = Activate(current, {{1, 1, 1, 1}, "europe"}, kNow);
  EXPECT_EQ(created.type, "customer.created");
  EXPECT_EQ(created.after.state, AccountState::kActive);
  EXPECT_EQ(created.after.revision, 1);
  EXPECT_EQ(created.after.region, "europe");
  EXPECT_EQ(created.after.relationship.generation, 1);
  EXPECT_THAT(created.changed_fields, ::testing::IsSupersetOf({"company_name", "billing_profile.email", "state"}));
  current.origin = AccountOrigin::kImport;
  EXPECT_EQ(Activate(current, {{1, 1, 1, 1}, "europe"}, kNow).type, "customer.imported");
}

TEST(ReviseTest, AnEndAndANewBeginFollowTheRelationshipsOwnOrder) {
  const Customer active = Contoso();  // by generation 1, revision 1
  EXPECT_THAT(End(active, {1, 2, 1, 1}, kNow, kNow).changed_fields, IsEmpty()) << "not newer";
  const auto ended = End(active, {1, 2, 1, 4}, kNow - absl::Hours(1), kNow);
  EXPECT_EQ(ended.type, "customer.ended");
  EXPECT_EQ(ended.after.state, AccountState::kEnded);
  EXPECT_EQ(ended.after.end_time, kNow - absl::Hours(1));
  EXPECT_THAT(ended.changed_fields, ElementsAre("state", "end_time", "relationship"));
  EXPECT_THAT(End(ended.after, {1, 2, 1, 5}, kNow, kNow).changed_fields, IsEmpty()) << "ended already";

  EXPECT_THAT(Activate(ended.after, {{1, 1, 1, 3}, "europe"}, kNow).changed_fields, IsEmpty()) << "an old one, late";
  const auto again = Activate(ended.after, {{1, 1, 2, 6}, "europe"}, kNow);
  EXPECT_EQ(again.type, "customer.reactivated");
  EXPECT_EQ(again.after.state, AccountState::kActive);
  EXPECT_FALSE(again.after.end_time.has_value());
  EXPECT_THAT(End(again.after, {1, 2, 1, 5}, kNow, kNow).changed_fields, IsEmpty()) << "the first end, late";
}

TEST(ReviseTest, ASummaryThatTheFeedBroughtFurtherStays) {
  Customer active = Contoso();
  active.relationship = {1, 2, 1, 9};
  const auto ended = End(active, {1, 2, 1, 4}, kNow, kNow);
  EXPECT_EQ(ended.after.relationship.revision, 9);
  EXPECT_EQ(ended.after.link_revision, 4);
}

}  // namespace
}  // namespace clientele::customer
