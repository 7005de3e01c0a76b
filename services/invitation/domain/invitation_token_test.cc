#include "services/invitation/domain/invitation_token.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

constexpr char kUrl[] = "https://portal.example/accept?token=";

InvitationTokens Tokens(std::vector<auth::SigningKeys::Key> keys, const std::string& cell = "global") {
  return InvitationTokens(*auth::SigningKeys::Create(std::move(keys)), cell, kUrl);
}

TEST(InvitationTokens, AGenuineTokenTellsInvitationAndGeneration) {
  const InvitationTokens tokens = TestTokens();
  const std::string token = tokens.Derive(kInvitationId, 3);
  const auto content = tokens.Verify(token);
  ASSERT_TRUE(content.has_value());
  EXPECT_EQ(content->invitation, kInvitationId);
  EXPECT_EQ(content->generation, 3);
  EXPECT_EQ(tokens.AcceptUri(kInvitationId, 3), absl::StrCat(kUrl, token));
  EXPECT_EQ(token, tokens.Derive(kInvitationId, 3)) << "derived, not drawn";
  EXPECT_LE(token.size(), 200u);
}

TEST(InvitationTokens, EachGenerationAndInvitationHasItsOwn) {
  const InvitationTokens tokens = TestTokens();
  EXPECT_NE(tokens.Derive(kInvitationId, 1), tokens.Derive(kInvitationId, 2));
  EXPECT_NE(tokens.Derive(kInvitationId, 1), tokens.Derive(kPartnerId, 1));
}

TEST(InvitationTokens, EveryChangedByteIsRefused) {
  const InvitationTokens tokens = TestTokens();
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(tokens.Derive(kInvitationId, 1), &bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string forged = bytes;
    forged[i] = static_cast<char>(forged[i] ^ 1);
    EXPECT_FALSE(tokens.Verify(absl::WebSafeBase64Escape(forged)).has_value()) << "byte " << i;
  }
}

TEST(InvitationTokens, EveryTruncationAndExtensionIsRefused) {
  const InvitationTokens tokens = TestTokens();
  const std::string token = tokens.Derive(kInvitationId, 1);
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(tokens.Verify(absl::string_view(token).substr(0, size)).has_value()) << size;
  }
  for (const char* more : {"A", "AA", "=", "==", " ", "\n"}) {
    EXPECT_FALSE(tokens.Verify(absl::StrCat(token, more)).has_value()) << more;
    EXPECT_FALSE(tokens.Verify(absl::StrCat(more, token)).has_value()) << more;
  }
  EXPECT_FALSE(tokens.Verify(std::string(100000, 'A')).has_value());
}

TEST(InvitationTokens, OtherTextsOfTheSameBytesAreRefused) {
  const InvitationTokens tokens = TestTokens();
  const std::string token = tokens.Derive(kInvitationId, 1);
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &bytes));
  EXPECT_FALSE(tokens.Verify(absl::Base64Escape(bytes)).has_value()) << "padded";
  EXPECT_FALSE(tokens.Verify(absl::StrCat(token.substr(0, 4), "\n", token.substr(4))).has_value());
}

TEST(InvitationTokens, AnotherCellIsRefused) {
  const std::vector<auth::SigningKeys::Key> keys = {{"k", std::string(32, 'k')}};
  const std::string token = Tokens(keys, "germany").Derive(kInvitationId, 1);
  EXPECT_TRUE(Tokens(keys, "germany").Verify(token).has_value());
  EXPECT_FALSE(Tokens(keys, "global").Verify(token).has_value());
}

TEST(InvitationTokens, AKeyIsReplacedByPuttingAnotherInFront) {
  const auth::SigningKeys::Key old_key{"old", std::string(32, 'o')};
  const auth::SigningKeys::Key new_key{"new", std::string(32, 'n')};
  const std::string token = Tokens({old_key}).Derive(kInvitationId, 1);
  EXPECT_TRUE(Tokens({new_key, old_key}).Verify(token).has_value());
  EXPECT_NE(Tokens({new_key, old_key}).Derive(kInvitationId, 1), token);
  EXPECT_FALSE(Tokens({new_key}).Verify(token).has_value()) << "its key is gone";
  EXPECT_FALSE(Tokens({{"old", std::string(32, 'x')}}).Verify(token).has_value()) << "another key of that id";
}

}  // namespace
}  // namespace clientele::invitation
