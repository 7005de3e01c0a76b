#include "services/invitation/domain/invitation_target.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

std::string ReasonFor(const InvitationTarget& target) {
  std::vector<FieldViolation> violations;
  const auto checked = CheckTarget("invitation.target", target, TestCloud(), &violations);
  EXPECT_EQ(checked.has_value(), violations.empty());
  return violations.empty() ? "" : violations[0].reason;
}

TEST(CheckTarget, BringsEachKindIntoItsStoredForm) {
  std::vector<FieldViolation> violations;
  const auto check = [&](const InvitationTarget& target) {
    return CheckTarget("invitation.target", target, TestCloud(), &violations).value();
  };
  EXPECT_EQ(check(EmailTarget("Anna@FABRIKAM.example")).email, "Anna@fabrikam.example");
  EXPECT_EQ(check(DomainTarget("Bücher.Example.")).domain, "xn--bcher-kva.example");
  EXPECT_EQ(check(TenantTarget("", kTenantId)).directory_tenant.issuer, TestCloud().directory_issuer());
  EXPECT_EQ(check(TenantTarget("https://other.example", kTenantId)).directory_tenant.issuer, "https://other.example");
  EXPECT_TRUE(violations.empty());
}

TEST(CheckTarget, RefusesWhatIsNoOrganisationsOwn) {
  EXPECT_EQ(ReasonFor(DomainTarget("gmail.com")), "FREE_MAIL_DOMAIN");
  EXPECT_EQ(ReasonFor(DomainTarget("mail.gmail.com")), "FREE_MAIL_DOMAIN");
  EXPECT_EQ(ReasonFor(DomainTarget("co.uk")), "PUBLIC_SUFFIX");
  EXPECT_EQ(ReasonFor(DomainTarget("localhost")), "DOMAIN_NAME");
  EXPECT_EQ(ReasonFor(EmailTarget("zoë@fabrikam.example")), "EMAIL_ADDRESS");
  EXPECT_EQ(ReasonFor(EmailTarget("anna@gmail.com")), "") << "a person may have a free address";
}

TEST(TargetKey, IsTheSameForWhatMeansTheSame) {
  EXPECT_EQ(TargetKey(EmailTarget("Anna@fabrikam.example")), TargetKey(EmailTarget("anna@fabrikam.example")));
  EXPECT_NE(TargetKey(EmailTarget("anna@fabrikam.example")), TargetKey(DomainTarget("fabrikam.example")));
  EXPECT_EQ(TargetKey(TenantTarget(kIssuer, kTenantId)), absl::StrCat("tenant:", kIssuer, " ", kTenantId));
  EXPECT_EQ(TargetHost(EmailTarget("anna@fabrikam.example")), "fabrikam.example");
  EXPECT_EQ(TargetHost(TenantTarget(kIssuer, kTenantId)), "");
}

TEST(Matches, LooksAtWhatTheTokenProves) {
  const Invitee anna{{kIssuer, kTenantId}, "anna@fabrikam.example", {"Fabrikam.example", "bücher.example"}};
  EXPECT_TRUE(Matches(EmailTarget("Anna@fabrikam.example"), anna));
  EXPECT_FALSE(Matches(EmailTarget("bob@fabrikam.example"), anna));
  EXPECT_TRUE(Matches(DomainTarget("fabrikam.example"), anna));
  EXPECT_TRUE(Matches(DomainTarget("xn--bcher-kva.example"), anna));
  EXPECT_FALSE(Matches(DomainTarget("example.com"), anna));
  EXPECT_TRUE(Matches(TenantTarget(kIssuer, kTenantId), anna));
  EXPECT_FALSE(Matches(TenantTarget("https://other.example", kTenantId), anna));
  const Invitee unverified{{kIssuer, kTenantId}, "", {}};
  EXPECT_FALSE(Matches(EmailTarget("anna@fabrikam.example"), unverified));
  EXPECT_FALSE(Matches(DomainTarget("fabrikam.example"), unverified));
}

}  // namespace
}  // namespace clientele::invitation
