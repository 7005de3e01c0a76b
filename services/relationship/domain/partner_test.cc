#include "services/relationship/domain/partner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kId[] = "0190a000-0000-7000-8000-000000000001";
const absl::Time kNow = absl::FromUnixSeconds(1767225600);
const auto kDirect = PartnerKind::kDirectBill;
const auto kProvider = PartnerKind::kIndirectProvider;
const auto kReseller = PartnerKind::kIndirectReseller;

market::Cloud CloudOf(const std::string& cell) {
  auto cloud = market::Cloud::Load("deploy/clouds/" + cell + ".json", cell);
  EXPECT_TRUE(cloud.ok()) << cloud.status();
  return *std::move(cloud);
}

Partner Contoso() {
  Partner partner;
  partner.id = kId;
  partner.display_name = "Contoso Cloud";
  partner.mpn_id = "12345";
  partner.country = "DE";
  partner.region = "europe";
  partner.kinds = {kDirect};
  partner.agreement_state = AgreementState::kSigned;
  partner.revision = 3;
  partner.create_time = kNow - absl::Hours(1);
  partner.update_time = partner.create_time;
  return partner;
}

TEST(Register, MakesTheFirstRevisionInTheRegionOfTheCountry) {
  market::Market market;
  market.country = "DE";
  market.csp_region = "europe";
  PartnerPatch patch;
  patch.display_name = "Contoso Cloud";
  patch.mpn_id = "12345";
  patch.kinds = {kDirect};
  patch.agreement_state = AgreementState::kSigned;
  const Revision<Partner> first = Register(kId, market, patch, kNow);
  EXPECT_EQ(first.type, "partner.created");
  EXPECT_EQ(first.after.region, "europe");
  EXPECT_EQ(first.after.revision, 1);
  EXPECT_EQ(first.after.create_time, kNow);
  EXPECT_EQ(first.after.mpn_id, "12345");
  EXPECT_FALSE(first.after.directory_tenant.has_value());
}

TEST(Revise, ChangesWhatThePatchSetsAndTellsIt) {
  PartnerPatch patch;
  patch.display_name = "Contoso Services";
  patch.mpn_id = "12345";
  patch.directory_tenant.emplace(DirectoryTenant{"https://directory.example", kId});
  const auto revised = Revise(Contoso(), patch, kNow);
  ASSERT_TRUE(revised.ok());
  EXPECT_EQ(revised->type, "partner.updated");
  EXPECT_THAT(revised->changed_fields, ElementsAre("display_name", "directory_tenant"));
  EXPECT_EQ(revised->after.revision, 4);
  EXPECT_EQ(revised->after.update_time, kNow);
  EXPECT_EQ(revised->after.kinds, Contoso().kinds);
}

TEST(Revise, WithoutAChangeKeepsTheRevision) {
  PartnerPatch patch;
  patch.kinds = {kDirect};
  const auto revised = Revise(Contoso(), patch, kNow);
  ASSERT_TRUE(revised.ok());
  EXPECT_THAT(revised->changed_fields, IsEmpty());
  EXPECT_EQ(revised->after.revision, 3);
}

TEST(Revise, TakesTheTenantAway) {
  Partner partner = Contoso();
  partner.directory_tenant = DirectoryTenant{"https://directory.example", kId};
  PartnerPatch patch;
  patch.directory_tenant.emplace();
  const auto revised = Revise(partner, patch, kNow);
  ASSERT_TRUE(revised.ok());
  EXPECT_FALSE(revised->after.directory_tenant.has_value());
  EXPECT_THAT(revised->changed_fields, ElementsAre("directory_tenant"));
}

// Every change of kinds: all are free but those that end a profile of a direct bill partner that is a reseller as well.
class KindsEdge : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  static std::set<PartnerKind> KindsOf(int bits) {
    std::set<PartnerKind> kinds;
    for (const PartnerKind kind : {kDirect, kProvider, kReseller}) {
      if ((bits & 1 << (static_cast<int>(kind) - 1)) != 0) kinds.insert(kind);
    }
    return kinds;
  }
};

TEST_P(KindsEdge, IsAllowedUnlessItEndsADualPartnersProfile) {
  const auto [from, to] = GetParam();
  Partner partner = Contoso();
  partner.kinds = KindsOf(from);
  PartnerPatch patch;
  patch.kinds = KindsOf(to);
  const auto revised = Revise(partner, patch, kNow);
  const auto is_dual = [](const std::set<PartnerKind>& kinds) {
    return kinds.count(kDirect) + kinds.count(kReseller) == 2;
  };
  if (is_dual(partner.kinds) && !is_dual(*patch.kinds)) {
    EXPECT_EQ(revised.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(revised.status()), "INVALID_STATE_TRANSITION");
    EXPECT_NE(MetadataOf(revised.status())["to"], "");
    EXPECT_EQ(MetadataOf(revised.status())["resource"], PartnerName(kId));
  } else {
    ASSERT_TRUE(revised.ok()) << revised.status();
    EXPECT_EQ(revised->after.kinds, *patch.kinds);
  }
}

INSTANTIATE_TEST_SUITE_P(All, KindsEdge, ::testing::Combine(::testing::Range(1, 8), ::testing::Range(1, 8)));

TEST(CheckKinds, NamesEachKindThatTheCloudHasNot) {
  const std::vector<PartnerKind> kinds = {kDirect, PartnerKind::kIndirectProvider, kReseller};
  std::vector<FieldViolation> violations;
  CheckKinds("partner.kinds", kinds, CloudOf("global"), &violations);
  EXPECT_THAT(violations, IsEmpty());
  CheckKinds("partner.kinds", kinds, CloudOf("us-government"), &violations);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "partner.kinds[1]");
  EXPECT_EQ(violations[1].field, "partner.kinds[2]");
  EXPECT_EQ(violations[0].reason, "NOT_IN_CLOUD");
}

TEST(InDirectory, WithoutAnIssuerIsTheCellsOwn) {
  const market::Cloud cloud = CloudOf("global");
  EXPECT_EQ(InDirectory({"", kId}, cloud).issuer, cloud.directory_issuer());
  EXPECT_EQ(InDirectory({"https://other.example", kId}, cloud).issuer, "https://other.example");
}

TEST(PartnerExists, NamesThePartnerAndTheKey) {
  const absl::Status by_mpn = PartnerExists(Contoso(), Contoso());
  EXPECT_EQ(by_mpn.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(by_mpn), "PARTNER_EXISTS");
  EXPECT_EQ(MetadataOf(by_mpn)["field"], "mpn_id");
  Partner other = Contoso();
  other.mpn_id = "99999";
  EXPECT_EQ(MetadataOf(PartnerExists(other, Contoso()))["field"], "directory_tenant");
  EXPECT_EQ(MetadataOf(PartnerExists(other, Contoso()))["resource"], PartnerName(kId));
}

TEST(ResourceName, GivesItsIdsBack) {
  const ResourceIds ids = IdsOf(TerminationHoldName("p", "c", "sub.1"));
  EXPECT_EQ(ids.partner, "p");
  EXPECT_EQ(ids.customer, "c");
  EXPECT_EQ(ids.hold, "sub.1");
  EXPECT_EQ(IdsOf("partners/p").customer, "");
}

}  // namespace
}  // namespace clientele::relationship
