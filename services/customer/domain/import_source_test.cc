#include "services/customer/domain/import_source.h"

#include <gmock/gmock.h>

#include "common/core/error.h"
#include "services/customer/domain/sample_customers_test.h"

namespace clientele::customer {
namespace {

using auth::PrincipalKind;

constexpr char kSource[] = "importSources/office-365";

ImportSource Office() {
  ImportSource source;
  source.id = "office-365";
  source.principal = "app:office365-portal";
  source.partners = {kPartner};
  return source;
}

auth::Principal Caller(PrincipalKind kind, const std::string& name) {
  auth::Principal caller;
  caller.kind = kind;
  caller.name = name;
  return caller;
}

struct Case {
  const char* what;
  PrincipalKind kind;
  const char* name;
  const char* source;  // that the request names
  const char* partner;
  const char* reason;
  bool vouched;
};

class VouchCase : public ::testing::TestWithParam<Case> {};

TEST_P(VouchCase, IsDecidedByCallerAndSource) {
  const Case& test = GetParam();
  const std::string named = test.source;
  const std::optional<ImportSource> source = named == kSource ? std::make_optional(Office()) : std::nullopt;
  const auto vouching = Vouch(Caller(test.kind, test.name), test.partner, named, source, TestPolicy().cloud);
  EXPECT_EQ(ReasonOf(vouching.status()), test.reason);
  EXPECT_EQ(vouching.ok() && vouching->vouched, test.vouched);
}

INSTANTIATE_TEST_SUITE_P(
    Callers, VouchCase,
    ::testing::Values(
        Case{"Source", PrincipalKind::kApplication, "app:office365-portal", kSource, kPartner, "", true},
        Case{"SourceForAnother", PrincipalKind::kApplication, "app:office365-portal", kSource, kOtherPartner,
             "NOT_IMPORT_SOURCE", false},
        Case{"SourceUnnamed", PrincipalKind::kApplication, "app:office365-portal", "", kPartner, "NOT_IMPORT_SOURCE",
             false},
        Case{"AnotherApplication", PrincipalKind::kApplication, "app:azure", kSource, kPartner, "NOT_IMPORT_SOURCE",
             false},
        Case{"Unknown", PrincipalKind::kApplication, "app:office365-portal", "importSources/nobody", kPartner,
             "IMPORT_SOURCE_UNKNOWN", false},
        Case{"Operator", PrincipalKind::kOperator, "operator:olga", "", kPartner, "", true},
        Case{"OperatorForASource", PrincipalKind::kOperator, "operator:olga", kSource, kPartner, "", true},
        Case{"PartnerUser", PrincipalKind::kPartnerUser, "user:anna", "", kPartner, "", false},
        Case{"PartnerApplication", PrincipalKind::kPartnerApplication, "app:crm", "", kPartner, "", false},
        Case{"PartnerUserForASource", PrincipalKind::kPartnerUser, "user:anna", kSource, kPartner, "NOT_IMPORT_SOURCE",
             false},
        Case{"Service", PrincipalKind::kService, "service:billing", "", kPartner, "NOT_IMPORT_SOURCE", false}),
    [](const auto& info) { return info.param.what; });

TEST(ImportSourceTest, TheTenantsOfAListAreOfItsSourcesDirectory) {
  ImportSource source = Office();
  const auth::Principal caller = Caller(PrincipalKind::kApplication, source.principal);
  EXPECT_EQ(Vouch(caller, kPartner, kSource, source, TestPolicy().cloud)->tenant_issuer, kIssuer);
  source.tenant_issuer = "https://directory.example";
  EXPECT_EQ(Vouch(caller, kPartner, kSource, source, TestPolicy().cloud)->tenant_issuer, "https://directory.example");
  source.partners = {kAllPartners};
  EXPECT_TRUE(Vouch(caller, kOtherPartner, kSource, source, TestPolicy().cloud).ok());
}

TEST(ImportSourceTest, AllPartnersStandAlone) {
  ImportSource source = Office();
  source.partners = {kAllPartners};
  EXPECT_TRUE(CheckNewSource(source).ok());
  source.partners = {kPartner, kAllPartners};
  EXPECT_EQ(FieldViolationsOf(CheckNewSource(source))[0].field, "import_source.partners[1]");
  source.partners = {kPartner, kPartner};
  EXPECT_EQ(FieldViolationsOf(CheckNewSource(source))[0].reason, "DUPLICATE");
}

}  // namespace
}  // namespace clientele::customer
