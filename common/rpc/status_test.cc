#include "common/rpc/status.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace clientele::rpc {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_LE(status.error_details().size(), kMaxStatusBytes);
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(details.message(), status.error_message());
  return details;
}

TEST(Status, SurvivesTheWire) {
  const absl::Status status = WithRetry(
      WithResource(MakeError(absl::StatusCode::kAlreadyExists, "DOMAIN_TAKEN", "taken", {{"domain", "contoso.com"}}),
                   "CUSTOMER", "x", "has it"),
      absl::Seconds(2));
  const grpc::Status wire = ToGrpc(status);
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  const google::rpc::Status details = Details(wire);
  ASSERT_EQ(details.details_size(), 3);
  EXPECT_TRUE(details.details(0).Is<google::rpc::ErrorInfo>()) << "what every client looks for";
  EXPECT_EQ(FromGrpc(wire), status);
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(Status, HidesCauses) {
  for (const absl::Status& status :
       {absl::InternalError("duplicate key in table customer"), absl::UnknownError("SELECT"),
        MakeError(absl::StatusCode::kInternal, "SQL", "SELECT", {{"sql", "SELECT"}})}) {
    const grpc::Status wire = ToGrpc(status);
    EXPECT_EQ(wire.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(ReasonOf(FromGrpc(wire)), "INTERNAL");
    EXPECT_FALSE(absl::StrContains(absl::StrCat(wire.error_message(), wire.error_details()), "SELECT"));
    EXPECT_FALSE(absl::StrContains(wire.error_message(), "customer"));
  }
  const grpc::Status doubt = ToGrpc(MakeError(absl::StatusCode::kUnknown, "COMMIT_UNKNOWN", "it may have happened"));
  EXPECT_EQ(doubt.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(ReasonOf(FromGrpc(doubt)), "COMMIT_UNKNOWN");
}

TEST(Status, EveryErrorHasAReason) {
  EXPECT_EQ(ReasonOf(FromGrpc(ToGrpc(absl::DeadlineExceededError("late")))), "DEADLINE_EXCEEDED");
  EXPECT_EQ(ReasonOf(FromGrpc(ToGrpc(absl::CancelledError("gone")))), "CANCELLED");
}

TEST(Status, OurOwnPayloadsStayHere) {
  absl::Status status = MakeError(absl::StatusCode::kAborted, "WRITE_CONFLICT", "again");
  status.SetPayload("clientele.pg/failure", absl::Cord("secret"));
  EXPECT_EQ(Details(ToGrpc(status)).details_size(), 1);
}

TEST(Status, TooManyViolationsAreCutFromTheEnd) {
  std::vector<FieldViolation> violations;
  violations.reserve(20);
  for (int i = 0; i < 20; ++i) {
    violations.push_back(
        {absl::StrCat("customer.billing_profile.default_address.field", i), std::string(150, 'd'), "PATTERN", ""});
  }
  const grpc::Status wire = ToGrpc(InvalidFields(violations));
  Details(wire);
  const absl::Status status = FromGrpc(wire);
  const std::vector<FieldViolation> left = FieldViolationsOf(status);
  EXPECT_GT(left.size(), 5u);
  EXPECT_LT(left.size(), 20u);
  EXPECT_EQ(left[0].field, violations[0].field);
  EXPECT_EQ(left.back().reason, "PATTERN");
  EXPECT_EQ(MetadataOf(status)["total"], "20");
  EXPECT_EQ(MetadataOf(status).count(absl::StrCat("violations.", violations[19].field)), 0u);
}

TEST(Status, OneHugeDetailLeavesItsReason) {
  const std::string huge(20'000, 'x');
  const grpc::Status wire = ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "HUGE",
                                             absl::StrCat("é", huge, "é"), {{"a", huge}, {"b", huge}, {huge, "c"}}));
  Details(wire);
  EXPECT_EQ(ReasonOf(FromGrpc(wire)), "HUGE");
  EXPECT_LE(wire.error_message().size(), 300u);
  std::string umlauts;
  for (int i = 0; i < 400; ++i) absl::StrAppend(&umlauts, "é");
  Details(ToGrpc(absl::NotFoundError(umlauts)));  // stays UTF-8, or it would not parse
}

}  // namespace
}  // namespace clientele::rpc
