#include "common/rpc/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clientele/audit/v1/audit_service.pb.h"
#include "common/core/error.h"
#include "probe_service.pb.h"

namespace clientele::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::v1::ListProbesRequest;

PageTokens Tokens(const std::string& cell = "global") {
  return PageTokens(*auth::SigningKeys::Create({{"new", std::string(32, 'n')}, {"old", std::string(32, 'o')}}), cell);
}

ListProbesRequest Request() {
  ListProbesRequest request;
  request.set_parent("partners/0190f0a0-0000-7000-8000-000000000001");
  request.set_filter("count=1");
  request.set_page_size(10);
  return request;
}

std::string Reason(const PageTokens& tokens, const google::protobuf::Message& request) {
  const auto cursor = tokens.Decode(request);
  if (!cursor.ok()) {
    EXPECT_EQ(cursor.status().code(), absl::StatusCode::kInvalidArgument);
  }
  return ReasonOf(cursor.status());
}

TEST(PageTokens, CarryTheCursor) {
  const PageTokens tokens = Tokens();
  ListProbesRequest request = Request();
  EXPECT_THAT(*tokens.Decode(request), IsEmpty());
  request.set_page_token(tokens.Encode(request, {"contoso, \"GmbH\"\n", "", std::string("\0\xff", 2)}));
  EXPECT_THAT(*tokens.Decode(request), ElementsAre("contoso, \"GmbH\"\n", "", std::string("\0\xff", 2)));
  request.set_page_size(20);
  EXPECT_TRUE(tokens.Decode(request).ok()) << "another page size is fine";
  for (const char c : request.page_token()) EXPECT_TRUE(c > ' ' && c < 0x7f) << "passes FORMAT_OPAQUE";
}

TEST(PageTokens, AreBoundToTheirRequestMethodAndCell) {
  const PageTokens tokens = Tokens();
  const std::string token = tokens.Encode(Request(), {"a"});
  ListProbesRequest request = Request();
  request.set_page_token(token);
  EXPECT_EQ(Reason(tokens, request), "");
  EXPECT_EQ(Reason(Tokens("germany"), request), "INVALID_PAGE_TOKEN");
  request.set_filter("count=2");
  EXPECT_EQ(Reason(tokens, request), "INVALID_PAGE_TOKEN");
  audit::v1::ListAuditRecordsRequest other;
  other.set_parent(Request().parent());
  other.set_filter(Request().filter());
  other.set_page_token(token);
  EXPECT_EQ(Reason(tokens, other), "INVALID_PAGE_TOKEN");
}

TEST(PageTokens, AnOldKeyStillVerifiesAnUnknownOneDoesNot) {
  const PageTokens before(*auth::SigningKeys::Create({{"old", std::string(32, 'o')}}), "global");
  ListProbesRequest request = Request();
  request.set_page_token(before.Encode(request, {"a"}));
  EXPECT_EQ(Reason(Tokens(), request), "");
  const PageTokens after(*auth::SigningKeys::Create({{"new", std::string(32, 'n')}}), "global");
  EXPECT_EQ(Reason(after, request), "INVALID_PAGE_TOKEN");
}

TEST(PageTokens, NoChangedTokenPasses) {
  const PageTokens tokens = Tokens();
  const std::string token = tokens.Encode(Request(), {"abc", "def"});
  ListProbesRequest request = Request();
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    request.set_page_token(changed);
    // The last character of a base64 part has bits that mean nothing.
    const auto cursor = tokens.Decode(request);
    if (cursor.ok()) {
      EXPECT_THAT(*cursor, ElementsAre("abc", "def"));
    }
    request.set_page_token(token.substr(0, i) + "!");
    EXPECT_EQ(Reason(tokens, request), "INVALID_PAGE_TOKEN");
  }
  EXPECT_EQ(tokens.Encode(Request(), {}), "") << "a cursor has a column at least: nothing follows the last page";
}

TEST(PageSize, HasADefault) {
  EXPECT_EQ(PageSize(0), 50);
  EXPECT_EQ(PageSize(7), 7);
}

}  // namespace
}  // namespace clientele::rpc
