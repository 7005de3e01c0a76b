#include "common/auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/auth/test_signer.h"
#include "common/core/error.h"

namespace clientele::auth {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPartner[] = "0190f0a0-0000-7000-8000-000000000001";
const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() : keys_file_(WriteKeysFile({ed25519_, p256_})) { verifier_ = Create(10000); }
  ~TokenTest() override { std::remove(keys_file_.c_str()); }

  std::unique_ptr<TokenVerifier> Create(size_t cache_size) {
    TokenOptions options;
    options.issuer = "https://issuer.clientele.local";
    options.audience = "clientele/global";
    options.keys_file = keys_file_;
    options.cache_size = cache_size;
    return *TokenVerifier::Create(options);
  }

  static Json Claims() {
    return {{"iss", "https://issuer.clientele.local"},
            {"aud", "clientele/global"},
            {"sub", "anna"},
            {"iat", absl::ToUnixSeconds(kNow)},
            {"exp", absl::ToUnixSeconds(kNow + absl::Hours(1))},
            {"kind", "partner_user"},
            {"partner", kPartner},
            {"roles", {"admin_agent"}}};
  }
  static Json With(const char* claim, const Json& value) {
    Json claims = Claims();
    claims[claim] = value;
    return claims;
  }
  static Json Without(const char* claim) {
    Json claims = Claims();
    claims.erase(claim);
    return claims;
  }

  std::string ReasonFor(const std::string& token) { return ReasonFor(token, kNow); }
  std::string ReasonFor(const std::string& token, absl::Time now) {
    const absl::StatusOr<Principal> principal = verifier_->Verify(token, now);
    if (principal.ok()) return "";
    EXPECT_EQ(principal.status().code(), absl::StatusCode::kUnauthenticated);
    return ReasonOf(principal.status());
  }
  std::string ReasonForClaims(const Json& claims) { return ReasonFor(ed25519_.Sign(claims)); }

  const TestSigner ed25519_ = TestSigner::Ed25519("ed");
  const TestSigner p256_ = TestSigner::P256("ec");
  const std::string keys_file_;
  std::unique_ptr<TokenVerifier> verifier_;
};

TEST_F(TokenTest, TakesBothAlgorithms) {
  for (const TestSigner& signer : {ed25519_, p256_}) {
    const absl::StatusOr<Principal> principal = verifier_->Verify(signer.Sign(Claims()), kNow);
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->kind, PrincipalKind::kPartnerUser);
    EXPECT_EQ(principal->name, absl::StrCat("user:anna@partners/", kPartner));
    EXPECT_EQ(principal->partner, kPartner);
    EXPECT_THAT(principal->roles, ElementsAre("admin_agent"));
  }
}

TEST_F(TokenTest, TheKeyChoosesTheAlgorithm) {
  const std::string good = ed25519_.Sign(Claims());
  for (const Json& algorithm : {Json("none"), Json("HS256"), Json("ES256"), Json("eddsa"), Json(1), Json(nullptr)}) {
    Json header = ed25519_.Header();
    header["alg"] = algorithm;
    EXPECT_EQ(ReasonFor(ed25519_.Sign(header, Claims())), "TOKEN_ALGORITHM") << algorithm;
  }
  Json header = ed25519_.Header();
  header.erase("alg");
  EXPECT_EQ(ReasonFor(ed25519_.Sign(header, Claims())), "TOKEN_ALGORITHM");
}

TEST_F(TokenTest, RefusesUnknownAndForeignKeys) {
  EXPECT_EQ(ReasonFor(TestSigner::Ed25519("other").Sign(Claims())), "TOKEN_KEY_UNKNOWN");
  EXPECT_EQ(ReasonFor(TestSigner::Ed25519("ed").Sign(Claims())), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(TestSigner::P256("ec").Sign(Claims())), "TOKEN_SIGNATURE");
  Json header = ed25519_.Header();
  header["kid"] = 7;
  EXPECT_EQ(ReasonFor(ed25519_.Sign(header, Claims())), "TOKEN_KEY_UNKNOWN");
}

TEST_F(TokenTest, RefusesAChangedToken) {
  const std::vector<std::string> parts = absl::StrSplit(ed25519_.Sign(Claims()), '.');
  const std::string promoted = EncodeBase64Url(With("roles", {"global_admin"}).dump());
  EXPECT_EQ(ReasonFor(absl::StrCat(parts[0], ".", promoted, ".", parts[2])), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(absl::StrCat(parts[0], ".", parts[1], ".")), "TOKEN_SIGNATURE");
}

TEST_F(TokenTest, RefusesWhatIsNoToken) {
  const std::string good = ed25519_.Sign(Claims());
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  for (const std::string& token :
       {std::string(), std::string("abc"), absl::StrCat(good, ".more"), absl::StrCat(good, "="),
        absl::StrCat(good, "+"), absl::StrCat("!!", good),
        absl::StrCat(EncodeBase64Url("[1]"), ".", parts[1], ".", parts[2]),
        absl::StrCat(parts[0], ".", EncodeBase64Url("{\"iss\":"), ".", parts[2]), std::string(9000, 'a')}) {
    EXPECT_EQ(ReasonFor(token), "TOKEN_MALFORMED") << token.substr(0, 40);
  }
  Json header = ed25519_.Header();
  header["crit"] = {"b64"};
  EXPECT_EQ(ReasonFor(ed25519_.Sign(header, Claims())), "TOKEN_MALFORMED");
}

TEST_F(TokenTest, ChecksTheTimesWithLeeway) {
  const std::string token = ed25519_.Sign(Claims());
  EXPECT_EQ(ReasonFor(token, kNow + absl::Hours(1) + absl::Seconds(29)), "");
  EXPECT_EQ(ReasonFor(token, kNow + absl::Hours(1) + absl::Seconds(30)), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonForClaims(With("nbf", absl::ToUnixSeconds(kNow + absl::Seconds(30)))), "");
  EXPECT_EQ(ReasonForClaims(With("nbf", absl::ToUnixSeconds(kNow + absl::Seconds(31)))), "TOKEN_NOT_YET_VALID");
  EXPECT_EQ(ReasonForClaims(With("iat", absl::ToUnixSeconds(kNow + absl::Hours(1)))), "TOKEN_NOT_YET_VALID");
}

TEST_F(TokenTest, DemandsAnEnd) {
  EXPECT_EQ(ReasonForClaims(Without("exp")), "TOKEN_CLAIMS");
  for (const Json& end : {Json("1767229200"), Json(-1), Json(1e300), Json(nullptr), Json::array({1})}) {
    EXPECT_EQ(ReasonForClaims(With("exp", end)), "TOKEN_CLAIMS") << end;
  }
}

TEST_F(TokenTest, PinsIssuerAndAudience) {
  EXPECT_EQ(ReasonForClaims(With("iss", "https://issuer.example")), "TOKEN_ISSUER");
  EXPECT_EQ(ReasonForClaims(Without("iss")), "TOKEN_ISSUER");
  EXPECT_EQ(ReasonForClaims(With("aud", "clientele/germany")), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonForClaims(Without("aud")), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonForClaims(With("aud", {"x", "clientele/germany"})), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonForClaims(With("aud", {"x", "clientele/global"})), "");
}

TEST_F(TokenTest, DemandsWhatItsKindNeeds) {
  EXPECT_EQ(ReasonForClaims(With("kind", "emperor")), "TOKEN_CLAIMS");
  EXPECT_EQ(ReasonForClaims(Without("kind")), "TOKEN_CLAIMS");
  EXPECT_EQ(ReasonForClaims(Without("partner")), "TOKEN_CLAIMS");
  EXPECT_EQ(ReasonForClaims(With("partner", "partners/x")), "TOKEN_CLAIMS");
  EXPECT_EQ(ReasonForClaims(With("roles", "admin_agent")), "TOKEN_CLAIMS");
  for (const Json& subject : {Json(""), Json(7), Json("a b"), Json("x/y"), Json("a\nb"), Json(std::string(129, 'a'))}) {
    EXPECT_EQ(ReasonForClaims(With("sub", subject)), "TOKEN_CLAIMS") << subject;
  }
}

TEST_F(TokenTest, AnApplicationCannotPassForAPartners) {
  Json claims = With("kind", "application");
  claims["sub"] = "office365-portal";
  EXPECT_EQ(verifier_->Verify(ed25519_.Sign(claims), kNow)->name, "app:office365-portal");
  claims["sub"] = absl::StrCat("x@partners:", kPartner);
  EXPECT_EQ(ReasonForClaims(claims), "TOKEN_CLAIMS");
}

TEST_F(TokenTest, ReadsACustomersAdministrator) {
  Json claims = With("kind", "customer");
  claims["tenant_issuer"] = "https://directory.clientele.local/global";
  claims["tenant_id"] = kPartner;
  claims["email"] = "Anna@Contoso.com";
  claims["domains"] = {"Contoso.com"};
  absl::StatusOr<Principal> customer = verifier_->Verify(ed25519_.Sign(claims), kNow);
  ASSERT_TRUE(customer.ok()) << customer.status();
  EXPECT_EQ(customer->name, absl::StrCat("customer:https://directory.clientele.local/global/", kPartner, "/anna"));
  EXPECT_EQ(customer->email, "") << "not verified";
  EXPECT_THAT(customer->domains, ElementsAre("contoso.com"));
  claims["email_verified"] = true;
  EXPECT_EQ(verifier_->Verify(ed25519_.Sign(claims), kNow)->email, "anna@contoso.com");
  claims["tenant_issuer"] = "http://directory.example";
  EXPECT_EQ(ReasonForClaims(claims), "TOKEN_CLAIMS");
}

TEST_F(TokenTest, AnApplicationNamesForWhomItActs) {
  Json claims = With("kind", "partner_application");
  claims["on_behalf_of"] = "anna";
  const absl::StatusOr<Principal> application = verifier_->Verify(ed25519_.Sign(claims), kNow);
  ASSERT_TRUE(application.ok());
  EXPECT_EQ(application->on_behalf_of, "anna");
  EXPECT_EQ(application->name, absl::StrCat("app:anna@partners/", kPartner));
}

TEST_F(TokenTest, ATakenBackKeyEndsItsCachedTokens) {
  const std::string token = ed25519_.Sign(Claims());
  EXPECT_EQ(ReasonFor(token), "");
  WriteFile(keys_file_, Json{{"keys", {p256_.Jwk()}}}.dump());
  EXPECT_EQ(ReasonFor(token), "") << "not looked at yet";
  verifier_->ReloadIfChanged();
  EXPECT_EQ(ReasonFor(token), "TOKEN_KEY_UNKNOWN");
  WriteFile(keys_file_, "{broken");
  verifier_->ReloadIfChanged();
  EXPECT_EQ(ReasonFor(p256_.Sign(Claims())), "") << "a broken file leaves the old keys";
}

TEST_F(TokenTest, AReloadIsToldOnce) {
  const auto look = [&] {
    ::testing::internal::CaptureStderr();
    for (int i = 0; i < 3; ++i) verifier_->ReloadIfChanged();
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(look(), "");
  WriteFile(keys_file_, "{broken");
  const std::string broken = look();
  EXPECT_THAT(broken, HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(broken, HasSubstr(keys_file_));
  EXPECT_EQ(std::count(broken.begin(), broken.end(), '\n'), 1) << broken;
  EXPECT_EQ(ReasonFor(ed25519_.Sign(Claims())), "");
  std::remove(keys_file_.c_str());
  EXPECT_THAT(look(), HasSubstr("cannot be read"));
  EXPECT_EQ(look(), "") << "it is still gone";
  WriteFile(keys_file_, Json{{"keys", {p256_.Jwk()}}}.dump());
  const std::string mended = look();
  EXPECT_THAT(mended, HasSubstr("\"level\":\"info\""));
  EXPECT_EQ(std::count(mended.begin(), mended.end(), '\n'), 1) << mended;
  EXPECT_EQ(ReasonFor(ed25519_.Sign(Claims())), "TOKEN_KEY_UNKNOWN");
}

TEST_F(TokenTest, TheKeyOfAPemFileNeedsNoName) {
  for (const TestSigner& signer : {ed25519_, p256_, TestSigner::Rsa("rsa")}) {
    WriteFile(keys_file_, signer.Pem());
    verifier_ = Create(10);
    Json header = signer.Header();
    EXPECT_EQ(ReasonFor(signer.Sign(header, Claims())), "") << header << " names another or none";
    header.erase("kid");
    EXPECT_EQ(ReasonFor(signer.Sign(header, Claims())), "") << header;
    for (const char* other : {"none", "HS256", "EdDSA", "ES256", "RS256"}) {
      if (header["alg"] == other) continue;
      Json forged = header;
      forged["alg"] = other;
      EXPECT_EQ(ReasonFor(signer.Sign(forged, Claims())), "TOKEN_ALGORITHM") << forged;
    }
  }
  EXPECT_EQ(ReasonFor(TestSigner::Rsa("rsa").Sign(Claims())), "TOKEN_SIGNATURE");
}

TEST_F(TokenTest, AFileMayChangeItsForm) {
  WriteFile(keys_file_, p256_.Pem());
  verifier_->ReloadIfChanged();
  EXPECT_EQ(ReasonFor(ed25519_.Sign(Claims())), "TOKEN_ALGORITHM");
  EXPECT_EQ(ReasonFor(p256_.Sign(Claims())), "");
  WriteFile(keys_file_, Json{{"keys", {ed25519_.Jwk()}}}.dump());
  verifier_->ReloadIfChanged();
  EXPECT_EQ(ReasonFor(ed25519_.Sign(Claims())), "");
  EXPECT_EQ(ReasonFor(TestSigner::Rsa("ed").Sign(Claims())), "TOKEN_ALGORITHM") << "a JWKS has no RSA";
}

TEST_F(TokenTest, TheCacheIsBoundedAndThreadSafe) {
  verifier_ = Create(4);
  std::vector<std::string> tokens;
  tokens.reserve(16);
  for (int i = 0; i < 16; ++i) tokens.push_back(ed25519_.Sign(With("sub", absl::StrCat("user", i))));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 64; ++i) {
        const int user = (i * (t + 1)) % 16;
        const absl::StatusOr<Principal> principal = verifier_->Verify(tokens[user], kNow);
        EXPECT_TRUE(principal.ok() && principal->name == absl::StrCat("user:user", user, "@partners/", kPartner));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(KeysFile, SaysWhyItCannotBeUsed) {
  const TestSigner signer = TestSigner::P256("ec");
  Json broken = signer.Jwk();
  broken["y"] = broken["x"];
  const std::string path = WriteKeysFile({});
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("{\"keys\":[]}"), Json{{"keys", {broken}}}.dump(),
        Json{{"keys", {signer.Jwk(), signer.Jwk()}}}.dump(), Json{{"keys", {{{"kty", "RSA"}, {"kid", "r"}}}}}.dump(),
        signer.Pem() + signer.Pem(), TestSigner::Rsa("r", 1024).Pem(), TestSigner::P384("ec").Pem(),
        std::string("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"),
        std::string("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAA\n-----END PRIVATE KEY-----\n")}) {
    WriteFile(path, text);
    const auto created = TokenVerifier::Create({"i", "a", path, absl::ZeroDuration(), 1});
    EXPECT_EQ(created.status().code(), absl::StatusCode::kFailedPrecondition) << text;
  }
  std::remove(path.c_str());
  EXPECT_FALSE(TokenVerifier::Create({"i", "a", path, absl::ZeroDuration(), 1}).ok());
}

}  // namespace
}  // namespace clientele::auth
