#include "services/relationship/storage/relationship_store.h"

#include <atomic>

#include "common/testing/lost_answer.h"
#include "services/relationship/storage/store_fixture.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;

class RelationshipStoreTest : public StoreTest {
 protected:
  absl::StatusOr<RelationshipStore::TerminationStart> Begin(const RelationshipKey& key, CallContext call,
                                                            const std::string& etag = "") {
    RelationshipStore::TerminationRequest request = Terminate(key);
    request.etag = etag;
    return relationships_.BeginTermination(*session_, call, request);
  }

  absl::StatusOr<TerminationHold> Hold(const RelationshipKey& key, const std::string& id) {
    CallContext call = Call();
    return holds_.Upsert(*session_, call, key, {id, HoldKind::kSubscription, "suspend " + id, ""});
  }

  const std::string partner_ = MakePartner("1001").id;
};

TEST_F(RelationshipStoreTest, EndsInTwoSteps) {
  const RelationshipKey key = MakeRelationship(partner_);
  const auto started = Begin(key, Call(), "r1");
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_TRUE(started->begun.mine);
  EXPECT_EQ(Count("saga WHERE NOT done AND id = '" + started->begun.saga + "' AND owner = 'replica'"), 1);
  CustomerRelationship stored = Stored(key);
  EXPECT_EQ(stored.state, RelationshipState::kTerminating);
  EXPECT_EQ(stored.revision, 2);
  EXPECT_EQ(stored.termination->reason, "moved");
  EXPECT_EQ(stored.termination->saga, started->begun.saga);
  ASSERT_TRUE(stored.progress.has_value());
  EXPECT_EQ(stored.progress->attempt_count, 0);

  now_ += absl::Seconds(3);
  CallContext step = Call();
  ASSERT_TRUE(relationships_.FinishTermination(*session_, step, key, started->begun.saga).ok());
  stored = Stored(key);
  EXPECT_EQ(stored.state, RelationshipState::kTerminated);
  EXPECT_EQ(stored.revision, 3);
  EXPECT_EQ(stored.termination->end_time, now_);
  EXPECT_FALSE(stored.progress.has_value());
  EXPECT_THAT(EventsOf(CustomerRelationshipName(key.first, key.second)),
              ElementsAre("relationship.activated", "relationship.terminating", "relationship.terminated"));
}

TEST_F(RelationshipStoreTest, FinishesOnce) {
  const RelationshipKey key = MakeRelationship(partner_);
  const auto started = Begin(key, Call());
  CallContext step = Call();
  ASSERT_TRUE(relationships_.FinishTermination(*session_, step, key, NewId()).ok());
  EXPECT_EQ(Stored(key).state, RelationshipState::kTerminating);
  ASSERT_TRUE(relationships_.FinishTermination(*session_, step, key, started->begun.saga).ok());
  ASSERT_TRUE(relationships_.FinishTermination(*session_, step, key, started->begun.saga).ok());
  EXPECT_EQ(Stored(key).revision, 3);
}

TEST_F(RelationshipStoreTest, WithdrawsOnce) {
  const RelationshipKey key = MakeRelationship(partner_);
  ASSERT_TRUE(Hold(key, "sub-1").ok());
  CallContext call = Call();
  EXPECT_EQ(ReasonOf(relationships_.Withdraw(*session_, call, key, 1).status()), "TERMINATION_HOLDS");
  CallContext removal = Call();
  ASSERT_TRUE(holds_.Delete(*session_, removal, key, "sub-1", {}).ok());
  EXPECT_EQ(relationships_.Withdraw(*session_, call, key, 2)->state, RelationshipState::kActive) << "a later one";
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto withdrawn = relationships_.Withdraw(*session_, call, key, 1);
    ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
    EXPECT_EQ(withdrawn->state, RelationshipState::kTerminated);
    EXPECT_EQ(withdrawn->revision, 2);
  }
  EXPECT_EQ(Stored(key).termination->terminated_by, TerminatedBy::kSystem);
  EXPECT_THAT(EventsOf(CustomerRelationshipName(key.first, key.second)),
              ElementsAre("relationship.activated", "relationship.terminated"));
  CallContext other = Call();
  EXPECT_EQ(ReasonOf(relationships_.Withdraw(*session_, other, {partner_, NewId()}, 1).status()),
            "CUSTOMER_RELATIONSHIP_NOT_FOUND");
}

TEST_F(RelationshipStoreTest, RefusesWhatHasEndedOrIsNone) {
  const RelationshipKey key = MakeRelationship(partner_);
  EXPECT_EQ(ReasonOf(Begin(key, Call(), "r9").status()), "ETAG_MISMATCH");
  End(key);
  EXPECT_EQ(ReasonOf(Begin(key, Call()).status()), "ALREADY_IN_STATE");
  EXPECT_EQ(ReasonOf(Begin(key, Call(), "r9").status()), "ETAG_MISMATCH") << "before the state";
  EXPECT_EQ(ReasonOf(Begin({partner_, NewId()}, Call()).status()), "CUSTOMER_RELATIONSHIP_NOT_FOUND");
  EXPECT_EQ(ReasonOf(RelationshipStore::Read(*session_, {partner_, NewId()}).status()),
            "CUSTOMER_RELATIONSHIP_NOT_FOUND");
}

TEST_F(RelationshipStoreTest, RepeatedJoinsTheSagaOfTheFirst) {
  const RelationshipKey key = MakeRelationship(partner_);
  const std::string request = NewId();
  const auto first = Begin(key, Call(request));
  const auto again = Begin(key, Call(request));
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(again->begun.saga, first->begun.saga);
  EXPECT_FALSE(again->begun.mine);
  EXPECT_EQ(ReasonOf(Begin(key, Call(request, "other")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("saga"), 1);
}

TEST_F(RelationshipStoreTest, AStartWhoseAnswerIsLostIsItsOwn) {
  const RelationshipKey key = MakeRelationship(partner_);
  const testing::LostAnswer answer;
  const auto started = Begin(key, Call());
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_TRUE(answer.lost());
  EXPECT_TRUE(started->begun.mine);
  EXPECT_EQ(started->relationship.state, RelationshipState::kTerminating);
  EXPECT_EQ(Count("saga WHERE id = '" + started->begun.saga + "'"), 1);
}

TEST_F(RelationshipStoreTest, HoldsAreNamedAlsoWithValidateOnly) {
  const RelationshipKey key = MakeRelationship(partner_);
  ASSERT_TRUE(Hold(key, "sub-2").ok());
  now_ += absl::Seconds(1);
  ASSERT_TRUE(Hold(key, "sub-1").ok());
  for (const bool validate_only : {false, true}) {
    CallContext call = Call();
    call.validate_only = validate_only;
    const auto refused = Begin(key, call);
    EXPECT_EQ(ReasonOf(refused.status()), "TERMINATION_HOLDS");
    const auto violations = PreconditionViolationsOf(refused.status());
    ASSERT_EQ(violations.size(), 2u);
    EXPECT_EQ(violations[0].subject, TerminationHoldName(key.first, key.second, "sub-2"));
    EXPECT_EQ(violations[1].description, "suspend sub-1");
  }
  EXPECT_EQ(Stored(key).state, RelationshipState::kActive);
}

TEST_F(RelationshipStoreTest, ValidateOnlyChangesNothing) {
  const RelationshipKey key = MakeRelationship(partner_);
  CallContext call = Call();
  call.validate_only = true;
  const auto checked = Begin(key, call);
  ASSERT_TRUE(checked.ok());
  EXPECT_TRUE(checked->begun.saga.empty());
  EXPECT_FALSE(checked->begun.mine);
  EXPECT_EQ(Stored(key).state, RelationshipState::kActive);
  EXPECT_EQ(Count("saga"), 0);
}

TEST_F(RelationshipStoreTest, OfTwoEndsAtOnceOneHasTheEffect) {
  for (int round = 0; round < 10; ++round) {
    const RelationshipKey key = MakeRelationship(partner_);
    std::atomic<int> started{0}, refused{0};
    Race(4, [&](int, pg::Session& session) {
      CallContext call = Call();
      const auto begun = relationships_.BeginTermination(session, call, Terminate(key));
      if (begun.ok() && begun->begun.mine) ++started;
      if (ReasonOf(begun.status()) == "ALREADY_IN_STATE") ++refused;
    });
    EXPECT_EQ(started, 1);
    EXPECT_EQ(refused, 3);
  }
  EXPECT_EQ(Count("saga"), 10);
}

TEST_F(RelationshipStoreTest, ListsByPage) {
  std::vector<std::string> customers;
  for (int i = 0; i < 5; ++i) {
    now_ += absl::Seconds(1);
    customers.push_back(MakeRelationship(partner_).second);
  }
  MakeRelationship(MakePartner("1002").id);
  End({partner_, customers[2]});

  const auto listed = [&](bool descending, const pg::Predicate& filter) {
    pg::PageRequest wanted{filter, RelationshipListing().orders.at("create_time"), {}, 2};
    for (pg::SortColumn& column : wanted.order) column.descending = descending;
    std::vector<std::string> ids;
    do {
      const auto page = RelationshipStore::List(*session_, partner_, wanted);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const auto& relationship : *page) ids.push_back(relationship.customer);
      wanted.after = page->next();
    } while (!wanted.after.empty());
    return ids;
  };
  EXPECT_THAT(listed(false, {}), ::testing::ElementsAreArray(customers));
  EXPECT_THAT(listed(true, {}), ::testing::ElementsAreArray(customers.rbegin(), customers.rend()));

  pg::Predicate ended;
  ended.kind = pg::Predicate::Kind::kCompare;
  ended.field = &RelationshipListing().fields.at("state");
  ended.value = "3";
  EXPECT_THAT(listed(false, ended), ElementsAre(customers[2]));
}

TEST_F(RelationshipStoreTest, ListTellsAPartnerWithoutRelationshipsFromNone) {
  const pg::PageRequest wanted{{}, RelationshipListing().orders.at("create_time"), {}, 10};
  const auto empty = RelationshipStore::List(*session_, partner_, wanted);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_TRUE(empty->empty());
  EXPECT_EQ(ReasonOf(RelationshipStore::List(*session_, NewId(), wanted).status()), "PARTNER_NOT_FOUND");
}

}  // namespace
}  // namespace clientele::relationship
