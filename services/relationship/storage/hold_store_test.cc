#include "services/relationship/storage/hold_store.h"

#include <atomic>

#include "services/relationship/storage/store_fixture.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;

class HoldStoreTest : public StoreTest {
 protected:
  static HoldSetting Setting(const std::string& id, const std::string& description = "suspend it",
                             const std::string& etag = "") {
    return {id, HoldKind::kSubscription, description, etag};
  }

  absl::StatusOr<TerminationHold> Upsert(const HoldSetting& setting, CallContext call) {
    return holds_.Upsert(*session_, call, key_, setting);
  }

  absl::Status Delete(const std::string& id, CallContext call, const HoldRemoval& removal = {}) {
    return holds_.Delete(*session_, call, key_, id, removal);
  }

  const RelationshipKey key_ = MakeRelationship(MakePartner("1001").id);
};

TEST_F(HoldStoreTest, CountsOnTheRelationshipOutsideItsRevision) {
  const auto hold = Upsert(Setting("sub-1"), Call());
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->revision, 1);
  EXPECT_EQ(hold->reporter, "service:billing");
  ASSERT_TRUE(Upsert(Setting("sub-2"), Call()).ok());
  CustomerRelationship stored = Stored(key_);
  EXPECT_EQ(stored.hold_count, 2);
  EXPECT_EQ(stored.hold_revision, 2);
  EXPECT_EQ(stored.revision, 1);
  ASSERT_TRUE(Delete("sub-1", Call()).ok());
  stored = Stored(key_);
  EXPECT_EQ(stored.hold_count, 1);
  EXPECT_EQ(stored.hold_revision, 3);
  EXPECT_THAT(EventsOf(TerminationHoldName(key_.first, key_.second, "sub-1")),
              ElementsAre("hold.created", "hold.deleted"));
}

TEST_F(HoldStoreTest, ChangesWithoutCounting) {
  ASSERT_TRUE(Upsert(Setting("sub-1"), Call()).ok());
  const auto changed = Upsert(Setting("sub-1", "cancel it", "r1"), Call());
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(Stored(key_).hold_count, 1);
  EXPECT_EQ(ReasonOf(Upsert(Setting("sub-1", "again", "r1"), Call()).status()), "ETAG_MISMATCH");
  const auto same = Upsert(Setting("sub-1", "cancel it"), Call());
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->revision, 2);
}

TEST_F(HoldStoreTest, ThatGoesAndComesAgainIsNotTheOneBefore) {
  ASSERT_TRUE(Upsert(Setting("sub-1"), Call()).ok());
  ASSERT_TRUE(Delete("sub-1", Call(), {"r1"}).ok());
  const auto again = Upsert(Setting("sub-1"), Call());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->revision, 3);
  EXPECT_EQ(ReasonOf(Delete("sub-1", Call(), {"r1"})), "ETAG_MISMATCH");
}

TEST_F(HoldStoreTest, IsItsReporters) {
  ASSERT_TRUE(Upsert(Setting("sub-1"), Call()).ok());
  CallContext other = Call();
  other.principal = "service:licences";
  EXPECT_EQ(ReasonOf(Upsert(Setting("sub-1", "mine"), other).status()), "NOT_HOLD_REPORTER");
  EXPECT_EQ(ReasonOf(Delete("sub-1", other)), "NOT_HOLD_REPORTER");
  other.principal = "operator:kim";
  EXPECT_TRUE(Delete("sub-1", other, {"", true}).ok());
  EXPECT_EQ(Stored(key_).hold_count, 0);
}

TEST_F(HoldStoreTest, NeedsARelationshipThatStands) {
  CallContext call = Call();
  EXPECT_EQ(ReasonOf(holds_.Upsert(*session_, call, {key_.first, NewId()}, Setting("sub-1")).status()),
            "CUSTOMER_RELATIONSHIP_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Delete("sub-1", Call())), "TERMINATION_HOLD_NOT_FOUND");
  CallContext ending = Call();
  const auto started = relationships_.BeginTermination(*session_, ending, Terminate(key_));
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(ReasonOf(Upsert(Setting("sub-1"), Call()).status()), "RELATIONSHIP_TERMINATING");
  CallContext step = Call();
  ASSERT_TRUE(relationships_.FinishTermination(*session_, step, key_, started->begun.saga).ok());
  EXPECT_EQ(ReasonOf(Upsert(Setting("sub-1"), Call()).status()), "RELATIONSHIP_TERMINATED");
}

TEST_F(HoldStoreTest, RepeatsHarmlessly) {
  const std::string set = NewId(), removed = NewId();
  ASSERT_TRUE(Upsert(Setting("sub-1"), Call(set)).ok());
  const auto again = Upsert(Setting("sub-1"), Call(set));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->revision, 1);
  EXPECT_EQ(ReasonOf(Upsert(Setting("sub-1"), Call(set, "other")).status()), "REQUEST_ID_REUSED");
  ASSERT_TRUE(Delete("sub-1", Call(removed)).ok());
  EXPECT_TRUE(Delete("sub-1", Call(removed)).ok());
  EXPECT_EQ(ReasonOf(Delete("sub-1", Call())), "TERMINATION_HOLD_NOT_FOUND");
  EXPECT_EQ(Stored(key_).hold_revision, 2);
}

TEST_F(HoldStoreTest, ValidateOnlyChangesNothing) {
  CallContext call = Call();
  call.validate_only = true;
  EXPECT_TRUE(Upsert(Setting("sub-1"), call).ok());
  EXPECT_EQ(Count("termination_hold"), 0);
  ASSERT_TRUE(Upsert(Setting("sub-1"), Call()).ok());
  EXPECT_TRUE(Delete("sub-1", call).ok());
  EXPECT_EQ(Stored(key_).hold_count, 1);
}

TEST_F(HoldStoreTest, ListsOldestFirst) {
  for (const char* id : {"c", "a", "b"}) {
    now_ += absl::Seconds(1);
    ASSERT_TRUE(Upsert(Setting(id), Call()).ok());
  }
  pg::PageRequest wanted{{}, HoldListing().orders.at("create_time"), {}, 2};
  std::vector<std::string> ids;
  do {
    const auto page = HoldStore::List(*session_, key_, wanted);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const TerminationHold& hold : *page) ids.push_back(hold.id);
    wanted.after = page->next();
  } while (!wanted.after.empty());
  EXPECT_THAT(ids, ElementsAre("c", "a", "b"));
  EXPECT_EQ(ReasonOf(HoldStore::List(*session_, {key_.first, NewId()}, wanted).status()),
            "CUSTOMER_RELATIONSHIP_NOT_FOUND");
}

TEST_F(HoldStoreTest, OfSettersAndRemoversAtOnceTheCountIsThatOfTheHolds) {
  Race(4, [&](int thread, pg::Session& session) {
    for (int i = 0; i < 15; ++i) {
      const std::string id = absl::StrCat("sub-", (thread + i) % 3);
      CallContext call = Call();
      if (i % 2 == 0) {
        (void)holds_.Upsert(session, call, key_, Setting(id, absl::StrCat("by ", thread, " ", i)));
      } else {
        (void)holds_.Delete(session, call, key_, id, {});
      }
    }
  });
  const CustomerRelationship stored = Stored(key_);
  EXPECT_EQ(stored.hold_count, Count("termination_hold"));
  EXPECT_EQ(stored.hold_revision, Count("outbox WHERE type LIKE 'hold.%'"));
}

// The rule that the counter on the parent is there for.
TEST_F(HoldStoreTest, NoRelationshipEndsUnderAHold) {
  int ended = 0, held = 0;
  for (int round = 0; round < 60; ++round) {
    const RelationshipKey key = MakeRelationship(key_.first);
    std::atomic<int> ends{0}, sets{0};
    Race(4, [&](int thread, pg::Session& session) {
      CallContext call = Call();
      if (thread % 2 == 0) {
        const auto started = relationships_.BeginTermination(session, call, Terminate(key));
        if (started.ok()) ++ends;
        const std::string reason = ReasonOf(started.status());
        EXPECT_THAT(reason, ::testing::AnyOf("", "TERMINATION_HOLDS", "ALREADY_IN_STATE")) << started.status();
      } else {
        const auto set = holds_.Upsert(session, call, key, Setting(absl::StrCat("sub-", thread)));
        if (set.ok()) ++sets;
        EXPECT_THAT(ReasonOf(set.status()), ::testing::AnyOf("", "RELATIONSHIP_TERMINATING")) << set.status();
      }
    });
    EXPECT_TRUE(ends == 0 || sets == 0) << ends << " ends, " << sets << " holds";
    EXPECT_EQ(ends + (sets > 0 ? 1 : 0), 1);
    const CustomerRelationship stored = Stored(key);
    EXPECT_EQ(stored.hold_count, sets);
    EXPECT_EQ(stored.state, ends > 0 ? RelationshipState::kTerminating : RelationshipState::kActive);
    ended += ends;
    held += sets > 0 ? 1 : 0;
  }
  EXPECT_EQ(ended + held, 60);
}

}  // namespace
}  // namespace clientele::relationship
