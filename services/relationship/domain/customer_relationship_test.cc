#include "services/relationship/domain/customer_relationship.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/core/error.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

CustomerRelationship In(RelationshipState state) {
  CustomerRelationship relationship;
  relationship.partner = "p";
  relationship.customer = "c";
  relationship.state = state;
  relationship.revision = 5;
  relationship.hold_revision = 7;
  if (state != RelationshipState::kActive) {
    relationship.termination = Termination{TerminatedBy::kPartner, "moved", kNow, absl::InfiniteFuture(), "saga-1"};
  }
  return relationship;
}

Termination Asked() { return {TerminatedBy::kCustomer, "moved on", kNow, absl::InfiniteFuture(), "saga-2"}; }

TerminationHold HoldOf(const std::string& id) {
  TerminationHold hold;
  hold.partner = "p";
  hold.customer = "c";
  hold.id = id;
  hold.description = "suspend it";
  hold.reporter = "service:billing";
  hold.revision = 4;
  return hold;
}

TEST(BeginTermination, LeadsFromActiveToTerminating) {
  const auto begun = BeginTermination(In(RelationshipState::kActive), {}, "r5", Asked());
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->type, "relationship.terminating");
  EXPECT_EQ(begun->after.state, RelationshipState::kTerminating);
  EXPECT_EQ(begun->after.revision, 6);
  EXPECT_EQ(begun->after.termination->terminated_by, TerminatedBy::kCustomer);
  EXPECT_EQ(begun->after.termination->saga, "saga-2");
  EXPECT_EQ(begun->after.update_time, kNow);
}

class EndedState : public ::testing::TestWithParam<RelationshipState> {};

TEST_P(EndedState, IsToldThatItIsThereAlready) {
  const auto begun = BeginTermination(In(GetParam()), {}, "", Asked());
  EXPECT_EQ(begun.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(begun.status()), "ALREADY_IN_STATE");
  EXPECT_EQ(MetadataOf(begun.status())["from"], WordOf(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, EndedState,
                         ::testing::Values(RelationshipState::kTerminating, RelationshipState::kTerminated));

TEST(BeginTermination, NamesEveryHold) {
  const auto begun = BeginTermination(In(RelationshipState::kActive), {HoldOf("sub-1"), HoldOf("sub-2")}, "", Asked());
  EXPECT_EQ(ReasonOf(begun.status()), "TERMINATION_HOLDS");
  const auto violations = PreconditionViolationsOf(begun.status());
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].type, "TERMINATION_HOLD");
  EXPECT_EQ(violations[0].subject, TerminationHoldName("p", "c", "sub-1"));
  EXPECT_EQ(violations[0].description, "suspend it");
  EXPECT_EQ(violations[1].subject, TerminationHoldName("p", "c", "sub-2"));
}

TEST(Withdraw, EndsWhatStandsAtOnce) {
  const absl::Time later = kNow + absl::Hours(1);
  const auto withdrawn = Withdraw(In(RelationshipState::kActive), {}, 1, later);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->type, "relationship.terminated");
  EXPECT_EQ(withdrawn->after.state, RelationshipState::kTerminated);
  EXPECT_EQ(withdrawn->after.revision, 6);
  EXPECT_EQ(withdrawn->after.termination->terminated_by, TerminatedBy::kSystem);
  EXPECT_EQ(withdrawn->after.termination->end_time, later);
  EXPECT_THAT(withdrawn->changed_fields, ElementsAre("state", "termination"));
}

TEST(Withdraw, LeavesAloneWhatIsNotThatEstablishment) {
  EXPECT_THAT(Withdraw(In(RelationshipState::kActive), {}, 2, kNow)->changed_fields, IsEmpty());
  EXPECT_THAT(Withdraw(In(RelationshipState::kTerminating), {}, 1, kNow)->changed_fields, IsEmpty());
  EXPECT_THAT(Withdraw(In(RelationshipState::kTerminated), {HoldOf("sub-1")}, 1, kNow)->changed_fields, IsEmpty());
}

TEST(Withdraw, WaitsForHolds) {
  EXPECT_EQ(ReasonOf(Withdraw(In(RelationshipState::kActive), {HoldOf("sub-1")}, 1, kNow).status()),
            "TERMINATION_HOLDS");
}

TEST(BeginTermination, IsForTheRevisionThatTheCallerSaw) {
  EXPECT_EQ(ReasonOf(BeginTermination(In(RelationshipState::kActive), {}, "r4", Asked()).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(BeginTermination(In(RelationshipState::kTerminated), {}, "r4", Asked()).status()),
            "ETAG_MISMATCH");
}

TEST(FinishTermination, LeadsFromTerminatingToTerminated) {
  const auto finished = FinishTermination(In(RelationshipState::kTerminating), "saga-1", kNow + absl::Seconds(2));
  EXPECT_EQ(finished.type, "relationship.terminated");
  EXPECT_EQ(finished.after.state, RelationshipState::kTerminated);
  EXPECT_EQ(finished.after.revision, 6);
  EXPECT_EQ(finished.after.termination->end_time, kNow + absl::Seconds(2));
  EXPECT_EQ(finished.after.termination->request_time, kNow);
}

TEST(FinishTermination, LeavesWhatItsSagaDoesNotEnd) {
  EXPECT_THAT(FinishTermination(In(RelationshipState::kActive), "saga-1", kNow).changed_fields, IsEmpty());
  EXPECT_THAT(FinishTermination(In(RelationshipState::kTerminated), "saga-1", kNow).changed_fields, IsEmpty());
  EXPECT_THAT(FinishTermination(In(RelationshipState::kTerminating), "saga-9", kNow).changed_fields, IsEmpty());
}

TEST(CustomerRelationshipNotFound, CarriesPartnerCentersCode) {
  const absl::Status status = CustomerRelationshipNotFound("partners/p/customerRelationships/c");
  EXPECT_EQ(ReasonOf(status), "CUSTOMER_RELATIONSHIP_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status)["pc_code"], "20002");
}

HoldSetting Setting(const std::string& etag = "") { return {"sub-1", HoldKind::kReservation, "cancel it", etag}; }

TEST(SetHold, MakesAHoldAtTheNextRevisionOfAllHolds) {
  const auto set = SetHold(In(RelationshipState::kActive), nullptr, Setting(), "service:billing", kNow);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->type, "hold.created");
  EXPECT_EQ(set->after.revision, 8);
  EXPECT_EQ(set->after.reporter, "service:billing");
  EXPECT_EQ(set->after.kind, HoldKind::kReservation);
  EXPECT_EQ(set->after.create_time, kNow);
}

TEST(SetHold, ChangesOneOfTheSameReporter) {
  const TerminationHold current = HoldOf("sub-1");
  const auto set = SetHold(In(RelationshipState::kActive), &current, Setting("r4"), "service:billing", kNow);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->type, "hold.updated");
  EXPECT_THAT(set->changed_fields, ElementsAre("kind", "description"));
  EXPECT_EQ(set->after.revision, 8);
}

TEST(SetHold, ThatStandsSoAlreadyChangesNothing) {
  const TerminationHold current = HoldOf("sub-1");
  const HoldSetting same{"sub-1", current.kind, current.description, ""};
  const auto set = SetHold(In(RelationshipState::kActive), &current, same, "service:billing", kNow);
  ASSERT_TRUE(set.ok());
  EXPECT_THAT(set->changed_fields, IsEmpty());
  EXPECT_EQ(set->after.revision, 4);
}

TEST(SetHold, IsRefusedOnceTheEndIsUnderWay) {
  const auto terminating = SetHold(In(RelationshipState::kTerminating), nullptr, Setting(), "service:billing", kNow);
  EXPECT_EQ(ReasonOf(terminating.status()), "RELATIONSHIP_TERMINATING");
  const auto terminated = SetHold(In(RelationshipState::kTerminated), nullptr, Setting(), "service:billing", kNow);
  EXPECT_EQ(ReasonOf(terminated.status()), "RELATIONSHIP_TERMINATED");
  EXPECT_EQ(terminated.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SetHold, OfAnotherReporterIsRefused) {
  const TerminationHold current = HoldOf("sub-1");
  const auto set = SetHold(In(RelationshipState::kActive), &current, Setting(), "service:licences", kNow);
  EXPECT_EQ(set.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(set.status()), "NOT_HOLD_REPORTER");
}

TEST(SetHold, WithAnEtagMakesNone) {
  const auto none = SetHold(In(RelationshipState::kActive), nullptr, Setting("r4"), "service:billing", kNow);
  EXPECT_EQ(ReasonOf(none.status()), "ETAG_MISMATCH");
  const TerminationHold current = HoldOf("sub-1");
  const auto other = SetHold(In(RelationshipState::kActive), &current, Setting("r3"), "service:billing", kNow);
  EXPECT_EQ(ReasonOf(other.status()), "ETAG_MISMATCH");
}

TEST(SetHold, IsToldOfItsEtagFirst) {
  const TerminationHold current = HoldOf("sub-1");
  const auto set = SetHold(In(RelationshipState::kTerminating), &current, Setting("r3"), "service:licences", kNow);
  EXPECT_EQ(ReasonOf(set.status()), "ETAG_MISMATCH");
}

TEST(RemoveHold, IsItsReporters) {
  const auto relationship = In(RelationshipState::kActive);
  const auto removed = RemoveHold(relationship, HoldOf("sub-1"), {"r4"}, "service:billing", kNow);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->type, "hold.deleted");
  EXPECT_EQ(removed->after.revision, 8);
  EXPECT_EQ(ReasonOf(RemoveHold(relationship, HoldOf("sub-1"), {}, "service:licences", kNow).status()),
            "NOT_HOLD_REPORTER");
  EXPECT_EQ(ReasonOf(RemoveHold(relationship, HoldOf("sub-1"), {"r3"}, "service:billing", kNow).status()),
            "ETAG_MISMATCH");
}

TEST(RemoveHold, OfAReporterThatIsGoneIsAnOperators) {
  const HoldRemoval release{"", true};
  EXPECT_TRUE(RemoveHold(In(RelationshipState::kActive), HoldOf("sub-1"), release, "operator:kim", kNow).ok());
}

}  // namespace
}  // namespace clientele::relationship
