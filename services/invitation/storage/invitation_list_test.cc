#include <algorithm>

#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using ::testing::ElementsAre;

class InvitationListTest : public StoreTest {
 protected:
  // Local parts of all invitations by pages of `size`.
  std::vector<std::string> Pages(const std::string& order, bool descending, int size,
                                 const pg::Predicate& filter = {}) {
    pg::PageRequest wanted{filter, InvitationListing().orders.at(order), {}, size};
    for (pg::SortColumn& column : wanted.order) column.descending = descending;
    std::vector<std::string> names;
    while (true) {
      const auto page = InvitationStore::List(*session_, kPartnerId, now_, wanted);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return names;
      for (const Invitation& invitation : *page) {
        names.push_back(invitation.target.email.substr(0, invitation.target.email.find('@')));
      }
      if (page->next().empty()) return names;
      wanted.after = page->next();
    }
  }

  static pg::Predicate Where(const std::string& field, pg::Comparison comparison, const std::string& value) {
    pg::Predicate predicate;
    predicate.kind = pg::Predicate::Kind::kCompare;
    predicate.field = &InvitationListing().fields.at(field);
    predicate.comparison = comparison;
    predicate.value = value;
    return predicate;
  }
};

TEST_F(InvitationListTest, PagesSkipAndRepeatNothing) {
  // Two of one microsecond: the id decides.
  Opened("c@fabrikam.example", 3);
  Opened("b@fabrikam.example", 2);
  now_ += absl::Microseconds(1);
  Drafted("a@fabrikam.example");
  now_ += absl::Microseconds(1);
  Opened("d@fabrikam.example", 1);
  for (const int size : {1, 2, 3, 10}) {
    EXPECT_THAT(Pages("expire_time", false, size), ElementsAre("d", "b", "c", "a")) << "a draft has no end";
    EXPECT_THAT(Pages("expire_time", true, size), ElementsAre("a", "c", "b", "d"));
    const std::vector<std::string> up = Pages("create_time", false, size);
    std::vector<std::string> down = Pages("create_time", true, size);
    std::reverse(down.begin(), down.end());
    EXPECT_EQ(up, down);
    ASSERT_EQ(up.size(), 4u);
    EXPECT_EQ(up[2], "a");
    EXPECT_EQ(up[3], "d");
  }
}

TEST_F(InvitationListTest, AStateIsTheOneShown) {
  Opened("a@fabrikam.example", 1);
  Opened("b@fabrikam.example", 2);
  Drafted("c@fabrikam.example");
  now_ += absl::Hours(24);
  const auto with_state = [&](InvitationState state) {
    return Pages("create_time", false, 10,
                 Where("state", pg::Comparison::kEqual, absl::StrCat(static_cast<int>(state))));
  };
  EXPECT_THAT(with_state(InvitationState::kExpired), ElementsAre("a")) << "before the clock comes to it";
  EXPECT_THAT(with_state(InvitationState::kOpen), ElementsAre("b"));
  EXPECT_THAT(with_state(InvitationState::kDraft), ElementsAre("c"));
  EXPECT_EQ(InvitationListing().fields.at("state").words.at("OPEN"), 2);
  EXPECT_EQ(InvitationListing().fields.at("state").words.at("INVITATION_STATE_OPEN"), 2);
}

TEST_F(InvitationListTest, FindsTargets) {
  Drafted("Anna@fabrikam.example");
  Drafted("bob@fabrikam.example");
  ASSERT_TRUE(Create(Call(), DomainTarget("fabrikam.example")).ok());
  const auto key = [](const std::string& field, const std::string& value) {
    return InvitationListing().fields.at(field).normalise(value);
  };
  EXPECT_THAT(Pages("create_time", false, 10,
                    Where("target.email", pg::Comparison::kEqual, key("target.email", "ANNA@fabrikam.example"))),
              ElementsAre("Anna"));
  EXPECT_THAT(
      Pages("create_time", false, 10, Where("target.email", pg::Comparison::kPrefix, key("target.email", "bo"))),
      ElementsAre("bob"));
  EXPECT_THAT(Pages("create_time", false, 10,
                    Where("target.domain", pg::Comparison::kEqual, key("target.domain", "Fabrikam.Example"))),
              ElementsAre(""));
  EXPECT_EQ(key("target.domain", "Bücher.example"), "domain:xn--bcher-kva.example");
}

TEST_F(InvitationListTest, ByTime) {
  Opened("a@fabrikam.example", 1);
  Opened("b@fabrikam.example", 5);
  Drafted("c@fabrikam.example");
  EXPECT_THAT(Pages("create_time", false, 10,
                    Where("expire_time", pg::Comparison::kGreater,
                          absl::FormatTime(now_ + absl::Hours(48), absl::UTCTimeZone()))),
              ElementsAre("b"));
}

}  // namespace
}  // namespace clientele::invitation
