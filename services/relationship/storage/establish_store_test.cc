#include "services/relationship/storage/establish_store.h"

#include <algorithm>
#include <atomic>

#include "services/relationship/storage/store_fixture.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;

class EstablishStoreTest : public StoreTest {
 protected:
  using Outcomes = std::vector<absl::StatusOr<Established>>;

  Outcomes Establish(const std::vector<Establishment>& wanted, CallContext call) {
    auto outcomes = establishments_.Establish(*session_, call, wanted);
    EXPECT_TRUE(outcomes.ok()) << outcomes.status();
    return outcomes.ok() ? *std::move(outcomes) : Outcomes();
  }

  const Partner partner_ = MakePartner("1001");
};

TEST_F(EstablishStoreTest, AnswersEachPairOfABatch) {
  const std::string live = MakeRelationship(partner_.id).second;
  const RelationshipKey ended = MakeRelationship(partner_.id);
  End(ended);
  Establishment abroad = Wanted(partner_.id, NewId());
  abroad.country = "US";
  const std::string fresh = NewId();
  const auto outcomes = Establish({Wanted(partner_.id, fresh), Wanted(partner_.id, live), Wanted(NewId(), NewId()),
                                   abroad, Wanted(partner_.id, ended.second, RelationshipOrigin::kInvitation)},
                                  Call());
  ASSERT_EQ(outcomes.size(), 5u);
  ASSERT_TRUE(outcomes[0].ok()) << outcomes[0].status();
  EXPECT_FALSE(outcomes[0]->already_stood);
  EXPECT_EQ(outcomes[0]->relationship.customer, fresh);
  ASSERT_TRUE(outcomes[1].ok());
  EXPECT_TRUE(outcomes[1]->already_stood);
  EXPECT_EQ(ReasonOf(outcomes[2].status()), "PARTNER_NOT_FOUND");
  EXPECT_EQ(ReasonOf(outcomes[3].status()), "REGION_MISMATCH");
  ASSERT_TRUE(outcomes[4].ok()) << outcomes[4].status();
  EXPECT_EQ(outcomes[4]->relationship.generation, 2);
}

TEST_F(EstablishStoreTest, StandsAgainWithTheNextGeneration) {
  const RelationshipKey key = MakeRelationship(partner_.id);
  End(key);
  now_ += absl::Hours(1);
  Establishment wanted = Wanted(key.first, key.second, RelationshipOrigin::kInvitation);
  wanted.established_by = "partners/p/invitations/i";
  ASSERT_TRUE(Establish({wanted}, Call())[0].ok());
  const CustomerRelationship stored = Stored(key);
  EXPECT_EQ(stored.state, RelationshipState::kActive);
  EXPECT_EQ(stored.generation, 2);
  EXPECT_EQ(stored.revision, 4);
  EXPECT_EQ(stored.origin, RelationshipOrigin::kInvitation);
  EXPECT_EQ(stored.established_by, wanted.established_by);
  EXPECT_FALSE(stored.termination.has_value());
  EXPECT_EQ(stored.establish_time, now_);
  EXPECT_LT(stored.create_time, stored.establish_time);
  EXPECT_THAT(EventsOf(CustomerRelationshipName(key.first, key.second)),
              ElementsAre("relationship.activated", "relationship.terminating", "relationship.terminated",
                          "relationship.activated"));
}

TEST_F(EstablishStoreTest, TakesFiveHundred) {
  std::vector<Establishment> wanted;
  wanted.reserve(500);
  for (int i = 0; i < 500; ++i) wanted.push_back(Wanted(partner_.id, NewId(), RelationshipOrigin::kImport));
  CallContext call = Call();
  const auto outcomes = establishments_.Establish(*session_, call, wanted);
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  for (size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_TRUE((*outcomes)[i].ok());
    EXPECT_EQ((*outcomes)[i]->relationship.customer, wanted[i].customer);
    EXPECT_FALSE((*outcomes)[i]->already_stood);
  }
  EXPECT_EQ(Count("customer_relationship"), 500);
  EXPECT_EQ(Count("outbox WHERE type = 'relationship.activated'"), 500);
  EXPECT_EQ(call.consistency.count("relationship"), 1u);
}

TEST_F(EstablishStoreTest, RepeatedAnswersTheSame) {
  const std::string request = NewId();
  const std::vector<Establishment> wanted = {Wanted(partner_.id, NewId()), Wanted(partner_.id, NewId())};
  Establish(wanted, Call(request));
  for (const auto& outcome : Establish(wanted, Call(request))) {
    ASSERT_TRUE(outcome.ok());
    EXPECT_FALSE(outcome->already_stood);
    EXPECT_EQ(outcome->relationship.revision, 1);
  }
  for (const auto& outcome : Establish(wanted, Call())) {
    ASSERT_TRUE(outcome.ok());
    EXPECT_TRUE(outcome->already_stood);
  }
  CallContext other = Call(request, "other");
  EXPECT_EQ(ReasonOf(establishments_.Establish(*session_, other, wanted).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("outbox WHERE type = 'relationship.activated'"), 2);
}

TEST_F(EstablishStoreTest, RepeatedDoesNotReviveWhatHasEnded) {
  const RelationshipKey key{partner_.id, NewId()};
  const std::string request = NewId();
  const std::vector<Establishment> wanted = {Wanted(key.first, key.second, RelationshipOrigin::kInvitation)};
  Establish(wanted, Call(request));
  End(key);
  EXPECT_EQ(ReasonOf(Establish(wanted, Call(request))[0].status()), "RELATIONSHIP_ENDED");
  EXPECT_EQ(Stored(key).state, RelationshipState::kTerminated);
}

// A request whose record was made when only a part of it stood: the rest is made by its repeat.
TEST_F(EstablishStoreTest, RepeatedMakesWhatIsMissing) {
  const std::string request = NewId();
  const std::vector<Establishment> wanted = {Wanted(partner_.id, NewId()), Wanted(partner_.id, NewId())};
  Establish({wanted[0]}, Call(request));
  for (const auto& outcome : Establish(wanted, Call(request))) {
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_FALSE(outcome->already_stood);
  }
  EXPECT_EQ(Count("customer_relationship"), 2);
}

// Batches over the same new pairs, in different orders: each pair is established by one of them and stood already for
// the others; nobody fails.
TEST_F(EstablishStoreTest, OfBatchesAtOnceEachPairIsEstablishedOnce) {
  for (int round = 0; round < 10; ++round) {
    std::vector<Establishment> pairs;
    pairs.reserve(40);
    for (int i = 0; i < 40; ++i) pairs.push_back(Wanted(partner_.id, NewId(), RelationshipOrigin::kInvitation));
    if (round % 2 == 1) {
      Establish(pairs, Call());
      for (const Establishment& pair : pairs) End({pair.partner, pair.customer});
    }
    std::atomic<int> established{0}, stood{0};
    Race(4, [&](int thread, pg::Session& session) {
      std::vector<Establishment> wanted = pairs;
      if (thread % 2 == 1) std::reverse(wanted.begin(), wanted.end());
      CallContext call = Call();
      const auto outcomes = establishments_.Establish(session, call, wanted);
      ASSERT_TRUE(outcomes.ok()) << outcomes.status();
      for (const auto& outcome : *outcomes) {
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        ++(outcome->already_stood ? stood : established);
      }
    });
    EXPECT_EQ(established, 40);
    EXPECT_EQ(stood, 120);
  }
}

TEST_F(EstablishStoreTest, OfCallsWithOneRequestIdOneHasTheEffect) {
  for (int round = 0; round < 10; ++round) {
    const std::string request = NewId();
    const std::vector<Establishment> wanted = {Wanted(partner_.id, NewId()), Wanted(partner_.id, NewId())};
    Race(4, [&](int, pg::Session& session) {
      CallContext call = Call(request);
      const auto outcomes = establishments_.Establish(session, call, wanted);
      ASSERT_TRUE(outcomes.ok()) << outcomes.status();
      for (const auto& outcome : *outcomes) {
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        EXPECT_FALSE(outcome->already_stood);
      }
    });
  }
  EXPECT_EQ(Count("outbox WHERE type = 'relationship.activated'"), 20);
}

}  // namespace
}  // namespace clientele::relationship
