#include "services/relationship/domain/establishment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "common/core/error.h"

namespace clientele::relationship {
namespace {

using ::testing::IsEmpty;
using Origin = RelationshipOrigin;
using State = RelationshipState;

const absl::Time kNow = absl::FromUnixSeconds(1767225600);
const absl::Time kEnd = kNow - absl::Hours(24);
const DirectoryTenant kOwnTenant{"https://directory.example", "0190a000-0000-7000-8000-00000000000a"};

const market::Markets& Markets() {
  static const auto* const markets = [] {
    auto loaded = market::Markets::Load("deploy/markets/markets.json");
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return new market::Markets(*std::move(loaded));
  }();
  return *markets;
}

Partner DirectBill() {
  Partner partner;
  partner.id = "p";
  partner.country = "DE";
  partner.region = "europe";
  partner.kinds = {PartnerKind::kDirectBill};
  partner.agreement_state = AgreementState::kSigned;
  partner.directory_tenant = kOwnTenant;
  return partner;
}

Establishment Wanted(Origin origin) {
  Establishment wanted;
  wanted.partner = "p";
  wanted.customer = "c";
  wanted.origin = origin;
  wanted.established_by = "importSources/office";
  wanted.country = "FR";
  return wanted;
}

CustomerRelationship Current(State state, TerminatedBy by = TerminatedBy::kPartner) {
  CustomerRelationship current;
  current.partner = "p";
  current.customer = "c";
  current.state = state;
  current.generation = 2;
  current.revision = 9;
  current.hold_revision = 4;
  current.establish_request = "request-0";
  current.create_time = kEnd - absl::Hours(24);
  if (state != State::kActive) current.termination = Termination{by, "", kEnd, kEnd, "saga"};
  return current;
}

absl::StatusOr<Establishing> Decide(const Establishment& wanted, const Partner& partner,
                                    const CustomerRelationship* current, const std::string& request = "request-1") {
  return Establish(wanted, "relationships[0]", request, &partner, current, Markets(), kNow);
}

std::string Reason(const absl::StatusOr<Establishing>& decided) {
  return decided.ok() ? "" : ReasonOf(decided.status());
}

class EachOrigin : public ::testing::TestWithParam<Origin> {};
INSTANTIATE_TEST_SUITE_P(All, EachOrigin, ::testing::Values(Origin::kCreate, Origin::kImport, Origin::kInvitation));

TEST_P(EachOrigin, MakesANewPairStand) {
  const auto decided = Decide(Wanted(GetParam()), DirectBill(), nullptr);
  ASSERT_TRUE(decided.ok()) << decided.status();
  const CustomerRelationship& after = decided->revision.after;
  EXPECT_FALSE(decided->already_stood);
  EXPECT_EQ(decided->revision.type, "relationship.activated");
  EXPECT_EQ(after.state, State::kActive);
  EXPECT_EQ(after.generation, 1);
  EXPECT_EQ(after.revision, 1);
  EXPECT_EQ(after.region, "europe");
  EXPECT_EQ(after.origin, GetParam());
  EXPECT_EQ(after.establish_request, "request-1");
  EXPECT_EQ(after.create_time, kNow);
}

TEST_P(EachOrigin, AnswersALiveOneAsItIsWhateverThePartnerHasBecome) {
  Partner partner = DirectBill();
  partner.agreement_state = AgreementState::kPending;
  const CustomerRelationship current = Current(State::kActive);
  const auto decided = Decide(Wanted(GetParam()), partner, &current);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_TRUE(decided->already_stood);
  EXPECT_THAT(decided->revision.changed_fields, IsEmpty());
  EXPECT_EQ(decided->revision.after.revision, 9);
}

TEST_P(EachOrigin, RepeatedDidNotStandBefore) {
  const CustomerRelationship current = Current(State::kActive);
  const auto decided = Decide(Wanted(GetParam()), DirectBill(), &current, "request-0");
  ASSERT_TRUE(decided.ok());
  EXPECT_FALSE(decided->already_stood);
  EXPECT_THAT(decided->revision.changed_fields, IsEmpty());
}

TEST_P(EachOrigin, IsRefusedWhileTheEndIsUnderWay) {
  const CustomerRelationship current = Current(State::kTerminating);
  const auto decided = Decide(Wanted(GetParam()), DirectBill(), &current);
  EXPECT_EQ(Reason(decided), "RELATIONSHIP_TERMINATING");
  EXPECT_EQ(decided.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(EachOrigin, NeedsAPartner) {
  const auto decided = Establish(Wanted(GetParam()), "f", "request-1", nullptr, nullptr, Markets(), kNow);
  EXPECT_EQ(Reason(decided), "PARTNER_NOT_FOUND");
  EXPECT_EQ(decided.status().code(), absl::StatusCode::kNotFound);
}

TEST_P(EachOrigin, NeedsTheSignedAgreement) {
  Partner partner = DirectBill();
  partner.agreement_state = AgreementState::kPending;
  const auto decided = Decide(Wanted(GetParam()), partner, nullptr);
  EXPECT_EQ(Reason(decided), "MPA_NOT_SIGNED");
  EXPECT_EQ(MetadataOf(decided.status())["pc_code"], "2203");
}

TEST_P(EachOrigin, StaysInsideTheRegion) {
  Establishment wanted = Wanted(GetParam());
  wanted.country = "US";
  const auto decided = Decide(wanted, DirectBill(), nullptr);
  EXPECT_EQ(Reason(decided), "REGION_MISMATCH");
  EXPECT_EQ(MetadataOf(decided.status())["pc_code"], "2201");
  EXPECT_EQ(MetadataOf(decided.status())["customer_region"], "united-states");
  EXPECT_EQ(MetadataOf(decided.status())["partner_region"], "europe");
}

TEST_P(EachOrigin, WithoutACountryLiesInThePartnersRegion) {
  Establishment wanted = Wanted(GetParam());
  wanted.country = "";
  const auto decided = Decide(wanted, DirectBill(), nullptr);
  ASSERT_TRUE(decided.ok());
  EXPECT_EQ(decided->revision.after.region, "europe");
}

TEST_P(EachOrigin, KnowsItsCountries) {
  Establishment wanted = Wanted(GetParam());
  wanted.country = "UK";
  const auto decided = Decide(wanted, DirectBill(), nullptr);
  EXPECT_EQ(Reason(decided), "INVALID_FIELD");
  const auto violations = FieldViolationsOf(decided.status());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "relationships[0].country");
  EXPECT_THAT(violations[0].description, ::testing::HasSubstr("GB"));
}

TEST_P(EachOrigin, DoesNotLetAPartnerSellToItself) {
  Establishment wanted = Wanted(GetParam());
  wanted.directory_tenants = {{kOwnTenant.issuer, "0190a000-0000-7000-8000-00000000000b"}, kOwnTenant};
  EXPECT_EQ(Reason(Decide(wanted, DirectBill(), nullptr)), "PARTNER_IS_CUSTOMER");
  wanted.directory_tenants.back().issuer = "https://other.example";
  EXPECT_TRUE(Decide(wanted, DirectBill(), nullptr).ok());
}

TEST_P(EachOrigin, OfAnIndirectResellerIsByInvitationOnly) {
  Partner partner = DirectBill();
  partner.kinds = {PartnerKind::kIndirectReseller};
  const auto decided = Decide(Wanted(GetParam()), partner, nullptr);
  if (GetParam() == Origin::kInvitation) {
    EXPECT_TRUE(decided.ok()) << decided.status();
  } else {
    EXPECT_EQ(Reason(decided), "RESELLER_CANNOT_CREATE_CUSTOMER");
    EXPECT_EQ(decided.status().code(), absl::StatusCode::kPermissionDenied);
  }
  partner.kinds.insert(PartnerKind::kDirectBill);
  EXPECT_TRUE(Decide(Wanted(GetParam()), partner, nullptr).ok());
}

// An ended relationship: who ended it, how it is to stand again, and how old the list is (in hours after the end; none
// where there is no list).
class EndedEdge : public ::testing::TestWithParam<std::tuple<TerminatedBy, Origin, int>> {};

TEST_P(EndedEdge, StandsAgainByAcceptanceOrByALaterListWhereThePartnerEndedIt) {
  const auto [by, origin, hours] = GetParam();
  const CustomerRelationship current = Current(State::kTerminated, by);
  Establishment wanted = Wanted(origin);
  if (hours != 99) wanted.list_time = kEnd + absl::Hours(hours);
  const auto decided = Decide(wanted, DirectBill(), &current);
  const bool vouched = origin == Origin::kImport && by == TerminatedBy::kPartner && hours == 1;
  if (origin != Origin::kInvitation && !vouched) {
    EXPECT_EQ(Reason(decided), "RELATIONSHIP_ENDED");
    EXPECT_EQ(decided.status().code(), absl::StatusCode::kFailedPrecondition);
    return;
  }
  ASSERT_TRUE(decided.ok()) << decided.status();
  const CustomerRelationship& after = decided->revision.after;
  EXPECT_EQ(after.state, State::kActive);
  EXPECT_EQ(after.generation, 3);
  EXPECT_EQ(after.revision, 10);
  EXPECT_EQ(after.hold_revision, 4);
  EXPECT_EQ(after.create_time, current.create_time);
  EXPECT_EQ(after.establish_time, kNow);
  EXPECT_FALSE(after.termination.has_value());
}

INSTANTIATE_TEST_SUITE_P(All, EndedEdge,
                         ::testing::Combine(::testing::Values(TerminatedBy::kPartner, TerminatedBy::kCustomer,
                                                              TerminatedBy::kSystem),
                                            ::testing::Values(Origin::kCreate, Origin::kImport, Origin::kInvitation),
                                            ::testing::Values(-1, 0, 1, 99)));

TEST(Establish, RepeatedAfterTheEndIsToldSo) {
  const CustomerRelationship current = Current(State::kTerminated);
  EXPECT_EQ(Reason(Decide(Wanted(Origin::kInvitation), DirectBill(), &current, "request-0")), "RELATIONSHIP_ENDED");
}

}  // namespace
}  // namespace clientele::relationship
