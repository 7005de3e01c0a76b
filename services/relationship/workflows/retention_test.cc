#include "services/relationship/workflows/retention.h"

#include "common/testing/fake_clock.h"
#include "services/relationship/storage/store_fixture.h"

namespace clientele::relationship {
namespace {

class RetentionTest : public StoreTest {
 protected:
  // Domain time stands until a test moves it.
  testing::FakeClock clock_{now_};
};

TEST_F(RetentionTest, RemovesWhatIsOverAndStops) {
  MakePartner("1001");
  ASSERT_EQ(Count("idempotency"), 1);
  pg::ExecutorOptions options;
  options.session = options_;
  pg::Executor executor(options);
  Retention retention(clock_, executor, absl::Milliseconds(1));
  retention.Start();
  clock_.Advance(absl::Hours(25));
  while (Count("idempotency") > 0) {
  }
  EXPECT_EQ(Count("outbox"), 1);
  clock_.Advance(absl::Hours(7 * 24));
  while (Count("outbox") > 0) {
  }
  retention.Stop();
  MakePartner("1002");
  EXPECT_EQ(Count("outbox"), 1);
  executor.Stop();
}

}  // namespace
}  // namespace clientele::relationship
