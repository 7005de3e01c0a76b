#include "services/relationship/workflows/customer_resolver.h"

#include <gtest/gtest.h>

#include <future>

#include "absl/time/clock.h"
#include "common/testing/fake_clock.h"
#include "services/relationship/workflows/peers_fixture.h"

namespace clientele::relationship {
namespace {

class CustomerResolverTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Resolve(const std::string& tenant_id) {
    auth::Principal principal;
    principal.kind = auth::PrincipalKind::kCustomer;
    principal.name = "customer:https://directory.example/" + tenant_id + "/kim";
    principal.tenant_issuer = "https://directory.example";
    principal.tenant_id = tenant_id;
    std::promise<absl::StatusOr<std::string>> answered;
    resolver_.Resolve(principal, absl::Now() + absl::Seconds(20),
                      [&](absl::StatusOr<std::string> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }

  testing::FakeClock clock_;
  Peers peers_;
  CustomerResolver resolver_{rpc::Peer<customer::v1::AccountService>(peers_.channel()), clock_};
};

TEST_F(CustomerResolverTest, AsksOnceAMinute) {
  for (int i = 0; i < 3; ++i) {
    const auto customer = Resolve("t1");
    ASSERT_TRUE(customer.ok()) << customer.status();
    EXPECT_EQ(*customer, "customer of t1");
  }
  ASSERT_EQ(peers_.accounts.resolved().size(), 1u);
  EXPECT_EQ(peers_.accounts.resolved()[0].directory_tenant().issuer(), "https://directory.example");
  EXPECT_FALSE(peers_.accounts.resolved()[0].reserve());
  EXPECT_EQ(*Resolve("t2"), "customer of t2");
  EXPECT_EQ(peers_.accounts.resolved().size(), 2u);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(*Resolve("t1"), "customer of t1");
  EXPECT_EQ(peers_.accounts.resolved().size(), 3u);
}

TEST_F(CustomerResolverTest, KeepsNoRefusal) {
  peers_.accounts.Fail({ToGrpc(NotFound("ORGANIZATION", "t1"))});
  EXPECT_EQ(ReasonOf(Resolve("t1").status()), "ORGANIZATION_NOT_FOUND");
  EXPECT_TRUE(Resolve("t1").ok());
}

TEST_F(CustomerResolverTest, ForgetsTheOldestOfTooMany) {
  for (size_t i = 0; i <= CustomerResolver::kMaxKept; ++i) ASSERT_TRUE(Resolve("t" + std::to_string(i)).ok());
  const size_t asked = peers_.accounts.resolved().size();
  EXPECT_TRUE(Resolve("t1").ok());
  EXPECT_EQ(peers_.accounts.resolved().size(), asked);
  EXPECT_TRUE(Resolve("t0").ok());
  EXPECT_EQ(peers_.accounts.resolved().size(), asked + 1);
}

}  // namespace
}  // namespace clientele::relationship
