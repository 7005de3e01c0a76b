#include "services/invitation/workflows/partner_facts.h"

#include "clientele/relationship/v1/partner.pb.h"
#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

class PartnerFactsTest : public StoreTest {
 protected:
  event::v1::Event EventOf(const std::string& type, int64_t revision, const std::string& display_name) {
    relationship::v1::Partner partner;
    partner.set_name(PartnerName(kPartnerId));
    partner.set_display_name(display_name);
    partner.set_country("FR");
    partner.set_region("EU/EFTA");
    partner.add_kinds(relationship::v1::PARTNER_KIND_INDIRECT_PROVIDER);
    partner.add_kinds(relationship::v1::PARTNER_KIND_INDIRECT_RESELLER);
    partner.set_agreement_state(relationship::v1::AGREEMENT_STATE_PENDING);
    partner.set_revision(revision);
    event::v1::Event event;
    event.set_type(type);
    event.mutable_after()->PackFrom(partner);
    return event;
  }

  PartnerFact Fact() {
    const auto facts = store_.Find(*session_, invitation_, now_);
    EXPECT_TRUE(facts.ok() && facts->partner.has_value());
    return *facts->partner;
  }

  const std::string invitation_ = Drafted().id;
};

TEST_F(PartnerFactsTest, TakesWhatTheFeedTells) {
  ASSERT_TRUE(ApplyPartnerEvent(*session_, EventOf("partner.updated", 5, "Contoso SA")).ok());
  const PartnerFact fact = Fact();
  EXPECT_EQ(fact.display_name, "Contoso SA");
  EXPECT_EQ(fact.country, "FR");
  EXPECT_EQ(fact.region, "EU/EFTA");
  EXPECT_EQ(fact.kinds, (std::set<std::string>{"indirect_provider", "indirect_reseller"}));
  EXPECT_FALSE(fact.agreement_signed);
  ASSERT_TRUE(ApplyPartnerEvent(*session_, EventOf("partner.updated", 4, "Older")).ok());
  EXPECT_EQ(Fact().display_name, "Contoso SA");
}

TEST_F(PartnerFactsTest, PassesOverWhatIsNotAPartner) {
  ASSERT_TRUE(ApplyPartnerEvent(*session_, EventOf("partnership.activated", 9, "Not me")).ok());
  event::v1::Event empty;
  empty.set_type("partner.updated");
  ASSERT_TRUE(ApplyPartnerEvent(*session_, empty).ok());
  EXPECT_EQ(Fact().display_name, TestPartner().display_name);
}

}  // namespace
}  // namespace clientele::invitation
