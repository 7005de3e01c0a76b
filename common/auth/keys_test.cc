#include "common/auth/keys.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/auth/test_signer.h"

namespace clientele::auth {
namespace {

const std::string kSecret(32, 's');

TEST(SigningKeys, TheFirstSignsAndAllAreFound) {
  const std::string path = WriteKeysFile({});
  WriteFile(path, absl::StrCat("# new one first\n\nnew ", absl::Base64Escape(std::string(40, 'n')), "\nold  ",
                               absl::Base64Escape(kSecret), "\r\n"));
  const absl::StatusOr<SigningKeys> keys = SigningKeys::Load(path);
  std::remove(path.c_str());
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->current().id, "new");
  ASSERT_NE(keys->Find("old"), nullptr);
  EXPECT_EQ(keys->Find("old")->secret, kSecret);
  EXPECT_EQ(keys->Find("other"), nullptr);
}

TEST(SigningKeys, RefusesWhatIsNotSafe) {
  EXPECT_FALSE(SigningKeys::Create({}).ok());
  EXPECT_FALSE(SigningKeys::Create({{"short", std::string(31, 's')}}).ok());
  EXPECT_FALSE(SigningKeys::Create({{"a.b", kSecret}}).ok());
  EXPECT_FALSE(SigningKeys::Create({{std::string(17, 'a'), kSecret}}).ok());
  EXPECT_FALSE(SigningKeys::Create({{"a", kSecret}, {"a", kSecret}}).ok());
  EXPECT_FALSE(SigningKeys::Load("/nowhere/keys").ok());
  const std::string path = WriteKeysFile({});
  WriteFile(path, "one two three\n");
  const absl::StatusOr<SigningKeys> keys = SigningKeys::Load(path);
  std::remove(path.c_str());
  EXPECT_NE(keys.status().message().find(":1:"), absl::string_view::npos) << keys.status();
}

TEST(Hmac, IsHmacSha256) {
  // RFC 4231, test cases 2 and 1. Each again: nothing is left of the one before.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(absl::BytesToHexString(Hmac("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(absl::BytesToHexString(Hmac(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  }
}

TEST(EqualInConstantTime, Compares) {
  EXPECT_TRUE(EqualInConstantTime("same", "same"));
  EXPECT_FALSE(EqualInConstantTime("same", "sane"));
  EXPECT_FALSE(EqualInConstantTime("same", "same!"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
}

}  // namespace
}  // namespace clientele::auth
