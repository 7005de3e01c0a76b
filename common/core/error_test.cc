#include "common/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace clientele {
namespace {

using ::testing::SizeIs;

TEST(Error, NoViolationIsNoError) { EXPECT_TRUE(InvalidFields({}).ok()); }

TEST(Error, CarriesEveryViolationAndTheFirstPartnerCenterCode) {
  const absl::Status status =
      InvalidFields({{"customer.company_name", "is required", "REQUIRED", ""},
                     {"customer.organization_registration_number", "is required in KZ", "REQUIRED", "600049"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(MetadataOf(status).at("pc_code"), "600049");
  const auto violations = FieldViolationsOf(status);
  ASSERT_THAT(violations, SizeIs(2));
  EXPECT_EQ(violations[0].reason, "REQUIRED");
}

TEST(Error, CountsWhatDoesNotFit) {
  std::vector<FieldViolation> many;
  for (int i = 0; i < 35; ++i) many.push_back({absl::StrCat("rows[", i, "]"), "is bad", "BAD", ""});
  const absl::Status status = InvalidFields(many);
  EXPECT_THAT(FieldViolationsOf(status), SizeIs(kMaxViolations));
  EXPECT_EQ(MetadataOf(status).at("total"), "35");
}

TEST(Error, SurvivesStorage) {
  const absl::Status status =
      WithRetry(Blocked("TERMINATION_HOLDS", "holds stand", {{"TERMINATION_HOLD", "h/1", "cancel it"}}),
                absl::Milliseconds(1500));
  const absl::Status again = ParseStatus(SerializeStatus(status));
  EXPECT_EQ(again, status);
  EXPECT_EQ(RetryDelayOf(again), absl::Milliseconds(1500));
  EXPECT_EQ(PreconditionViolationsOf(again).at(0).subject, "h/1");
}

TEST(Error, RepeatedTransitionHasItsOwnReason) {
  EXPECT_EQ(ReasonOf(InvalidTransition("x", "OPEN", "OPEN")), "ALREADY_IN_STATE");
  EXPECT_EQ(ReasonOf(InvalidTransition("x", "OPEN", "DRAFT")), "INVALID_STATE_TRANSITION");
}

TEST(CheckEtag, NoneFitsAll) {
  EXPECT_TRUE(CheckEtag("things/1", "", "r2").ok());
  EXPECT_TRUE(CheckEtag("things/1", "r2", "r2").ok());
  const absl::Status status = CheckEtag("things/1", "r1", "r2");
  EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  EXPECT_EQ(MetadataOf(status)["etag"], "r2");
}

}  // namespace
}  // namespace clientele
