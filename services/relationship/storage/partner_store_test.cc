#include "services/relationship/storage/partner_store.h"

#include <atomic>
#include <set>

#include "common/core/mutex.h"

#include "services/relationship/storage/store_fixture.h"

namespace clientele::relationship {
namespace {

using ::testing::ElementsAre;

class PartnerStoreTest : public StoreTest {
 protected:
  absl::StatusOr<Partner> Create(const Revision<Partner>& first, CallContext call) {
    return partners_.Create(*session_, call, first);
  }

  absl::StatusOr<Partner> Change(const Partner& partner, const PartnerPatch& patch, CallContext call,
                                 const std::string& etag = "") {
    return partners_.Change(*session_, call, partner.id, etag, patch,
                            [&](const Partner& current) { return Revise(current, patch, now_); });
  }

  // All partners by pages of `size`.
  std::vector<std::string> MpnIds(const std::string& order, bool descending, int size,
                                  const pg::Predicate& filter = {}) {
    pg::PageRequest wanted{filter, PartnerListing().orders.at(order), {}, size};
    for (pg::SortColumn& column : wanted.order) column.descending = descending;
    std::vector<std::string> ids;
    do {
      const auto page = PartnerStore::List(*session_, wanted);
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->size(), static_cast<size_t>(size));
      for (const Partner& partner : *page) ids.push_back(partner.mpn_id);
      wanted.after = page->next();
    } while (!wanted.after.empty());
    return ids;
  }
};

TEST_F(PartnerStoreTest, KeepsEveryField) {
  Revision<Partner> first = Draft("1001");
  first.after.kinds = {PartnerKind::kDirectBill, PartnerKind::kIndirectReseller};
  first.after.directory_tenant = DirectoryTenant{"https://directory.example", NewId()};
  const auto made = Create(first, Call());
  ASSERT_TRUE(made.ok()) << made.status();
  const auto read = PartnerStore::Read(*session_, made->id);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->display_name, "Partner 1001");
  EXPECT_EQ(read->mpn_id, "1001");
  EXPECT_EQ(read->country, "DE");
  EXPECT_EQ(read->region, first.after.region);
  EXPECT_EQ(read->kinds, first.after.kinds);
  EXPECT_EQ(read->agreement_state, AgreementState::kSigned);
  EXPECT_EQ(read->directory_tenant, first.after.directory_tenant);
  EXPECT_EQ(read->revision, 1);
  EXPECT_EQ(read->create_time, now_);
  EXPECT_THAT(EventsOf(PartnerName(made->id)), ElementsAre("partner.created"));
  EXPECT_EQ(Count("audit_record WHERE operation = 'partner.created'"), 1);
}

TEST_F(PartnerStoreTest, FetchAnswersInTheOrderOfTheIds) {
  const Partner a = MakePartner("1001");
  const Partner b = MakePartner("1002");
  const auto found = PartnerStore::Fetch(*session_, {b.id, NewId(), a.id, b.id});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 4u);
  EXPECT_EQ((*found)[0]->mpn_id, "1002");
  EXPECT_FALSE((*found)[1].has_value());
  EXPECT_EQ((*found)[2]->mpn_id, "1001");
  EXPECT_EQ((*found)[3]->mpn_id, "1002");
  EXPECT_EQ(ReasonOf(PartnerStore::Read(*session_, NewId()).status()), "PARTNER_NOT_FOUND");
}

TEST_F(PartnerStoreTest, HasEachMpnIdAndTenantOnce) {
  Revision<Partner> first = Draft("1001");
  first.after.directory_tenant = DirectoryTenant{"https://directory.example", NewId()};
  ASSERT_TRUE(Create(first, Call()).ok());
  const auto same_mpn = Create(Draft("1001"), Call());
  EXPECT_EQ(ReasonOf(same_mpn.status()), "PARTNER_EXISTS");
  EXPECT_EQ(MetadataOf(same_mpn.status())["field"], "mpn_id");
  Revision<Partner> second = Draft("1002");
  second.after.directory_tenant = first.after.directory_tenant;
  const auto same_tenant = Create(second, Call());
  EXPECT_EQ(ReasonOf(same_tenant.status()), "PARTNER_EXISTS");
  EXPECT_EQ(MetadataOf(same_tenant.status())["field"], "directory_tenant");
  EXPECT_EQ(Count("partner"), 1);
}

TEST_F(PartnerStoreTest, RepeatedAnswersWhatWasMade) {
  const std::string key = NewId();
  const auto made = Create(Draft("1001"), Call(key));
  const auto again = Create(Draft("1001"), Call(key));
  ASSERT_TRUE(made.ok() && again.ok()) << again.status();
  EXPECT_EQ(again->id, made->id);
  EXPECT_EQ(ReasonOf(Create(Draft("1002"), Call(key, "other")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Count("outbox"), 1);
}

TEST_F(PartnerStoreTest, ValidateOnlyChangesNothing) {
  CallContext call = Call();
  call.validate_only = true;
  EXPECT_TRUE(partners_.Create(*session_, call, Draft("1001")).ok());
  EXPECT_EQ(Count("partner"), 0);
  EXPECT_EQ(Count("idempotency"), 0);
  MakePartner("1001");
  EXPECT_EQ(ReasonOf(partners_.Create(*session_, call, Draft("1001")).status()), "PARTNER_EXISTS");
}

TEST_F(PartnerStoreTest, OfTwoCreatesOfOneMpnIdOneHasTheEffect) {
  for (int round = 0; round < 20; ++round) {
    const std::string mpn_id = absl::StrCat(5000 + round);
    std::atomic<int> made{0}, refused{0};
    Race(4, [&](int, pg::Session& session) {
      CallContext call = Call();
      const auto partner = partners_.Create(session, call, Draft(mpn_id));
      if (partner.ok()) ++made;
      if (ReasonOf(partner.status()) == "PARTNER_EXISTS") ++refused;
    });
    EXPECT_EQ(made, 1);
    EXPECT_EQ(refused, 3);
  }
}

TEST_F(PartnerStoreTest, OfCallsWithOneRequestIdOneHasTheEffectAndAllTheAnswer) {
  for (int round = 0; round < 20; ++round) {
    const std::string key = NewId();
    const std::string mpn_id = absl::StrCat(6000 + round);
    Mutex mutex;
    std::set<std::string> ids;
    Race(4, [&](int, pg::Session& session) {
      CallContext call = Call(key);
      const auto partner = partners_.Create(session, call, Draft(mpn_id));
      ASSERT_TRUE(partner.ok()) << partner.status();
      MutexLock lock(&mutex);
      ids.insert(partner->id);
    });
    EXPECT_EQ(ids.size(), 1u);
  }
  EXPECT_EQ(Count("partner"), 20);
  EXPECT_EQ(Count("outbox"), 20);
}

TEST_F(PartnerStoreTest, ChangesByRevision) {
  const Partner partner = MakePartner("1001");
  PartnerPatch patch;
  patch.agreement_state = AgreementState::kPending;
  const auto changed = Change(partner, patch, Call(), "r1");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(PartnerStore::Read(*session_, partner.id)->agreement_state, AgreementState::kPending);
  EXPECT_THAT(EventsOf(PartnerName(partner.id)), ElementsAre("partner.created", "partner.updated"));

  EXPECT_EQ(ReasonOf(Change(partner, PatchWith("1003"), Call(), "r1").status()), "ETAG_MISMATCH");
  Partner none;
  none.id = NewId();
  EXPECT_EQ(ReasonOf(Change(none, patch, Call()).status()), "PARTNER_NOT_FOUND");
}

TEST_F(PartnerStoreTest, WithoutAChangeWritesNothing) {
  const Partner partner = MakePartner("1001");
  const auto same = Change(partner, PatchWith("1001"), Call());
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->revision, 1);
  EXPECT_EQ(Count("outbox"), 1);
}

TEST_F(PartnerStoreTest, DoesNotTakeAnothersMpnId) {
  MakePartner("1001");
  const Partner other = MakePartner("1002");
  EXPECT_EQ(ReasonOf(Change(other, PatchWith("1001"), Call()).status()), "PARTNER_EXISTS");
}

TEST_F(PartnerStoreTest, OfTwoUpdatesToOneMpnIdOneHasTheEffect) {
  for (int round = 0; round < 10; ++round) {
    const std::vector<Partner> both = {MakePartner(absl::StrCat(7000 + round)),
                                       MakePartner(absl::StrCat(8000 + round))};
    const PartnerPatch patch = PatchWith(absl::StrCat(9000 + round));
    std::atomic<int> made{0}, refused{0};
    Race(2, [&](int i, pg::Session& session) {
      CallContext call = Call();
      const auto changed = partners_.Change(session, call, both[i].id, "", patch,
                                            [&](const Partner& current) { return Revise(current, patch, now_); });
      if (changed.ok()) ++made;
      if (ReasonOf(changed.status()) == "PARTNER_EXISTS") ++refused;
    });
    EXPECT_EQ(made, 1);
    EXPECT_EQ(refused, 1);
  }
}

TEST_F(PartnerStoreTest, OfManyUpdatesAtOnceNoneIsLost) {
  const Partner partner = MakePartner("1001");
  constexpr int kEach = 10;
  Race(4, [&](int thread, pg::Session& session) {
    for (int i = 0; i < kEach; ++i) {
      PartnerPatch patch;
      patch.display_name = absl::StrCat("Name ", thread, " ", i);
      absl::StatusOr<Partner> changed;
      do {
        CallContext call = Call();
        changed = partners_.Change(session, call, partner.id, "", patch,
                                   [&](const Partner& current) { return Revise(current, patch, now_); });
      } while (ReasonOf(changed.status()) == "WRITE_CONFLICT");
      ASSERT_TRUE(changed.ok()) << changed.status();
    }
  });
  EXPECT_EQ(PartnerStore::Read(*session_, partner.id)->revision, 1 + 4 * kEach);
  EXPECT_EQ(Count("outbox"), 1 + 4 * kEach);
}

TEST_F(PartnerStoreTest, ListsByNameAndByTimeBothWays) {
  const std::pair<const char*, const char*> names[] = {
      {"1001", "zeta"}, {"1002", "Ärzte GmbH"}, {"1003", "Beta"}, {"1004", "alpha"}, {"1005", "beta"}};
  for (const auto& [mpn_id, name] : names) {
    now_ += absl::Seconds(1);
    Revision<Partner> first = Draft(mpn_id);
    first.after.display_name = name;
    ASSERT_TRUE(Create(first, Call()).ok());
  }
  EXPECT_THAT(MpnIds("create_time", false, 2), ElementsAre("1001", "1002", "1003", "1004", "1005"));
  EXPECT_THAT(MpnIds("create_time", true, 2), ElementsAre("1005", "1004", "1003", "1002", "1001"));
  EXPECT_THAT(MpnIds("display_name", false, 2), ElementsAre("1004", "1002", "1003", "1005", "1001"));
  EXPECT_THAT(MpnIds("display_name", false, 50), ElementsAre("1004", "1002", "1003", "1005", "1001"));

  pg::Predicate filter;
  filter.kind = pg::Predicate::Kind::kCompare;
  filter.field = &PartnerListing().fields.at("display_name");
  filter.comparison = pg::Comparison::kPrefix;
  filter.value = "bet";
  EXPECT_THAT(MpnIds("create_time", false, 1, filter), ElementsAre("1003", "1005"));
}

}  // namespace
}  // namespace clientele::relationship
