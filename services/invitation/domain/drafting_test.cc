#include "services/invitation/domain/drafting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/core/error.h"
#include "services/invitation/domain/invitation_fixture_test.h"

namespace clientele::invitation {
namespace {

using testing::HasSubstr;

InvitationDraft GoodDraft() {
  InvitationDraft draft;
  draft.kind = 1;
  draft.target = EmailTarget("anna@fabrikam.example");
  return draft;
}

std::set<std::string> ViolatedFields(const InvitationDraft& draft) {
  const auto checked = CheckDraft(draft, TestCloud());
  std::set<std::string> fields;
  for (const FieldViolation& violation : FieldViolationsOf(checked.status())) fields.insert(violation.field);
  return fields;
}

TEST(CheckDraft, FillsWhatIsLeftOut) {
  const auto checked = CheckDraft(GoodDraft(), TestCloud());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->locale, "en");
  EXPECT_EQ(checked->lifetime_days, 30);
  EXPECT_EQ(checked->recipient_email, "");
  EXPECT_EQ(Recipient(*checked), "anna@fabrikam.example");
}

TEST(CheckDraft, TakesLanguagesAndCultures) {
  InvitationDraft draft = GoodDraft();
  for (const auto& [given, stored] :
       std::vector<std::pair<std::string, std::string>>{{"DE", "de"}, {"de_at", "de-AT"}, {"pt-BR", "pt-BR"}}) {
    draft.locale = given;
    const auto checked = CheckDraft(draft, TestCloud());
    ASSERT_TRUE(checked.ok()) << checked.status();
    EXPECT_EQ(checked->locale, stored);
  }
}

TEST(CheckDraft, TellsEveryViolationAtOnce) {
  InvitationDraft draft;
  draft.kind = 7;
  draft.recipient_email = "zoë@fabrikam.example";
  draft.locale = "german";
  draft.lifetime_days = 91;
  EXPECT_EQ(ViolatedFields(draft),
            (std::set<std::string>{"invitation.kind", "invitation.target", "invitation.recipient_email",
                                   "invitation.locale", "invitation.lifetime_days"}));
}

TEST(CheckDraft, LifetimeLiesWithinThePolicy) {
  InvitationDraft draft = GoodDraft();
  for (const int days : {1, 90}) {
    draft.lifetime_days = days;
    EXPECT_TRUE(CheckDraft(draft, TestCloud()).ok()) << days;
  }
  for (const int days : {-1, 91}) {
    draft.lifetime_days = days;
    EXPECT_EQ(ViolatedFields(draft), (std::set<std::string>{"invitation.lifetime_days"})) << days;
  }
}

TEST(MakeDraft, MakesTheFirstRevision) {
  DraftingFacts facts;
  facts.partner = TestPartner();
  const auto made = MakeDraft(*CheckDraft(GoodDraft(), TestCloud()), kInvitationId, kPartnerId, facts, TestTime());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->type, "invitation.created");
  EXPECT_EQ(made->after.state, InvitationState::kDraft);
  EXPECT_EQ(made->after.revision, 1);
  EXPECT_EQ(made->after.token_generation, 0);
  EXPECT_EQ(NameOf(made->after), InvitationName(kPartnerId, kInvitationId));
}

TEST(MakeDraft, RefusesInAFixedOrder) {
  const Invitation checked = *CheckDraft(GoodDraft(), TestCloud());
  DraftingFacts facts;
  facts.linked_customer = "partners/p/customers/c";
  facts.open_twin = "partners/p/invitations/i";
  const auto refusal = [&] { return MakeDraft(checked, kInvitationId, kPartnerId, facts, TestTime()).status(); };
  EXPECT_EQ(ReasonOf(refusal()), "PARTNER_UNKNOWN");
  EXPECT_EQ(refusal().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_GT(RetryDelayOf(refusal()), absl::ZeroDuration());
  facts.partner = TestPartner();
  facts.partner->agreement_signed = false;
  EXPECT_EQ(ReasonOf(refusal()), "MPA_NOT_SIGNED");
  facts.partner->agreement_signed = true;
  EXPECT_EQ(ReasonOf(refusal()), "CUSTOMER_ALREADY_LINKED");
  EXPECT_EQ(refusal().code(), absl::StatusCode::kAlreadyExists);
  facts.linked_customer.clear();
  EXPECT_EQ(ReasonOf(refusal()), "DUPLICATE_INVITATION");
  EXPECT_THAT(std::string(refusal().message()), HasSubstr(facts.open_twin));
  EXPECT_EQ(MetadataOf(refusal()).at("invitation"), facts.open_twin);
}

}  // namespace
}  // namespace clientele::invitation
