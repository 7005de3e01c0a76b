#include "tools/loadgen/requests.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace clientele::loadgen {
namespace {

class RequestsTest : public ::testing::Test {
 protected:
  RequestsTest() { std::ofstream(tokens_) << "first\nsecond\n"; }

  absl::StatusOr<Requests> Read(const std::string& bytes) {
    std::ofstream(requests_, std::ios::binary | std::ios::trunc) << bytes;
    return ReadRequests(tokens_, requests_);
  }

  const std::string tokens_ = absl::StrCat(::testing::TempDir(), "requests_test.tokens");
  const std::string requests_ = absl::StrCat(::testing::TempDir(), "requests_test.requests");
};

TEST_F(RequestsTest, AreReadWithTheirTokens) {
  const std::string two("\1\0\0\0\3\0\0\0abc\0\0\0\0\0\0\0\0", 19);
  const auto read = Read(two);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->requests.size(), 2u);
  EXPECT_EQ(read->tokens[read->requests[0].token], "second");
  EXPECT_EQ(read->requests[0].message, "abc");
  EXPECT_EQ(read->tokens[read->requests[1].token], "first");
  EXPECT_EQ(read->requests[1].message, "");
}

TEST_F(RequestsTest, AreRefusedWhereTheFileIsBroken) {
  EXPECT_TRUE(absl::IsNotFound(Read("").status()));
  EXPECT_TRUE(absl::IsDataLoss(Read(std::string("\0\0\0\0\3\0\0\0ab", 10)).status())) << "cut off";
  EXPECT_TRUE(absl::IsDataLoss(Read(std::string("\0\0\0\0\3\0", 6)).status())) << "no length";
  EXPECT_TRUE(absl::IsDataLoss(Read(std::string("\2\0\0\0\0\0\0\0", 8)).status())) << "no such token";
}

}  // namespace
}  // namespace clientele::loadgen
