#include "common/core/timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "common/core/gate.h"

namespace clientele {
namespace {

TEST(Timer, RunsInOrderOfTime) {
  Timer timer;
  Mutex mutex;
  CondVar changed;
  std::vector<int> order;
  const auto note = [&](int value) {
    return [&, value] {
      MutexLock lock(&mutex);
      order.push_back(value);
      changed.NotifyAll();
    };
  };
  timer.After(absl::Milliseconds(30), note(3));
  timer.After(absl::Milliseconds(10), note(2));
  timer.After(absl::ZeroDuration(), note(1));
  timer.After(absl::InfiniteDuration(), note(4));
  MutexLock lock(&mutex);
  while (order.size() < 3) changed.Wait(&mutex);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Timer, CancelledAndStoppedNeverRun) {
  std::atomic<int> runs{0};
  Timer timer;
  const Timer::Id id = timer.After(absl::Hours(1), [&] { ++runs; });
  EXPECT_TRUE(timer.Cancel(id));
  EXPECT_FALSE(timer.Cancel(id));
  timer.After(absl::Hours(1), [&] { ++runs; });
  EXPECT_EQ(timer.Stop().size(), 1U);
  EXPECT_EQ(timer.After(absl::ZeroDuration(), [&] { ++runs; }), Timer::kNone);
  EXPECT_EQ(runs, 0);
}

TEST(Timer, StopHandsBackWhatNeverRan) {
  std::vector<int> order;
  Timer timer;
  timer.After(absl::Hours(2), [&] { order.push_back(2); });
  timer.After(absl::InfiniteDuration(), [&] { order.push_back(3); });
  timer.After(absl::Hours(1), [&] { order.push_back(1); });
  for (const auto& left : timer.Stop()) left();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(timer.Stop().empty());
}

TEST(Gate, CloseWaitsForWhatIsInside) {
  Gate gate;
  ASSERT_TRUE(gate.Enter());
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    gate.Close();
    closed = true;
  });
  while (!gate.closed()) std::this_thread::yield();
  EXPECT_FALSE(closed);
  EXPECT_FALSE(gate.Enter());
  gate.Leave();
  closer.join();
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace clientele
