#include <atomic>
#include <functional>
#include <thread>

#include "services/invitation/storage/store_fixture_test.h"

// Rules that hold when many act at once.
namespace clientele::invitation {
namespace {

using ::testing::SizeIs;

class SendingRaceTest : public StoreTest {
 protected:
  static constexpr int kThreads = 6;

  // Runs `act(thread, session)` on several connections at once.
  void AtOnce(const std::function<void(int, pg::Session&)>& act) {
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    std::atomic<int> waiting{kThreads};
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i, session = std::shared_ptr<pg::Session>(Connected())] {
        for (--waiting; waiting > 0;) std::this_thread::yield();
        act(i, *session);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_F(SendingRaceTest, OneInvitationForATargetOpens) {
  for (int round = 0; round < 5; ++round) {
    const std::string email = absl::StrCat("anna", round, "@fabrikam.example");
    std::vector<std::string> drafts;
    drafts.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) drafts.push_back(Drafted(email).id);
    std::atomic<int> opened{0};
    std::atomic<int> refused{0};
    AtOnce([&](int i, pg::Session& session) {
      CallContext call = Call();
      const auto sent = store_.Change(session, call, SendCommand(drafts[i]));
      if (sent.ok()) ++opened;
      if (ReasonOf(sent.status()) == "DUPLICATE_INVITATION") ++refused;
    });
    EXPECT_EQ(opened, 1);
    EXPECT_EQ(refused, kThreads - 1);
  }
  EXPECT_EQ(MailsCounted(), 5) << "what was not sent is not counted";
}

TEST_F(SendingRaceTest, TheQuotaIsNeverPassed) {
  constexpr int kQuota = 7;
  std::vector<std::string> drafts;
  drafts.reserve(size_t{kThreads} * 4);
  for (int i = 0; i < kThreads * 4; ++i) drafts.push_back(Drafted(absl::StrCat("a", i, "@fabrikam.example")).id);
  std::atomic<int> opened{0};
  std::atomic<int> refused{0};
  AtOnce([&](int i, pg::Session& session) {
    for (int n = 0; n < 4; ++n) {
      CallContext call = Call();
      const auto sent = store_.Change(session, call, SendCommand(drafts[i * 4 + n], kQuota));
      if (sent.ok()) ++opened;
      if (ReasonOf(sent.status()) == "INVITATION_QUOTA") ++refused;
    }
  });
  EXPECT_EQ(opened, kQuota);
  EXPECT_EQ(refused, kThreads * 4 - kQuota);
  EXPECT_EQ(MailsCounted(), kQuota);
  EXPECT_THAT(Column("SELECT 1 FROM invitation_mail"), SizeIs(kQuota));
}

TEST_F(SendingRaceTest, OneRequestHasOneEffect) {
  const Invitation draft = Drafted();
  const CallContext request = Call();
  std::atomic<int> answered{0};
  AtOnce([&](int, pg::Session& session) {
    CallContext call = request;
    const auto sent = store_.Change(session, call, SendCommand(draft.id));
    if (sent.ok() && sent->invitation.token_generation == 1) ++answered;
  });
  EXPECT_EQ(answered, kThreads);
  EXPECT_EQ(MailsCounted(), 1);
  EXPECT_THAT(Events(draft.id), ::testing::ElementsAre("invitation.created", "invitation.sent"));
}

TEST_F(SendingRaceTest, SendAndCancelHaveOneOrder) {
  for (int round = 0; round < 10; ++round) {
    const Invitation draft = Drafted(absl::StrCat("b", round, "@fabrikam.example"));
    AtOnce([&](int i, pg::Session& session) {
      CallContext call = Call();
      (void)store_.Change(session, call, i % 2 == 0 ? SendCommand(draft.id) : CancelCommand(draft.id));
    });
    const Invitation after = Read(draft.id);
    EXPECT_EQ(after.state, InvitationState::kCancelled);
    const std::vector<std::string> revisions =
        Column(absl::StrCat("SELECT revision FROM outbox WHERE subject = '", NameOf(draft), "' ORDER BY xid, seq"));
    for (size_t i = 0; i < revisions.size(); ++i) EXPECT_EQ(revisions[i], absl::StrCat(i + 1));
    EXPECT_EQ(revisions.size(), static_cast<size_t>(after.revision));
  }
}

}  // namespace
}  // namespace clientele::invitation
