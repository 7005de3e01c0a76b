#include "common/rpc/completion_loop.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "common/core/error.h"
#include "common/rpc/channel.h"
#include "common/rpc/testing/probe_server.h"

namespace clientele::rpc {
namespace {

using testing::v1::Probe;
using testing::v1::ProbeService;
using testing::v1::ResolveProbeRequest;

std::unique_ptr<CompletionLoop> MakeLoop() {
  return std::make_unique<CompletionLoop>(grpc::ServerBuilder().AddCompletionQueue());
}

TEST(CompletionLoop, RunsWhatIsPostedInItsOrderOnItsThread) {
  const auto loop = MakeLoop();
  std::vector<int> ran;
  std::promise<bool> done;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(loop->Post([&ran, i] { ran.push_back(i); }));
  }
  ASSERT_TRUE(loop->Post([&] { done.set_value(loop->OnThread()); }));
  EXPECT_TRUE(done.get_future().get());
  EXPECT_FALSE(loop->OnThread());
  ASSERT_EQ(ran.size(), 1000);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(CompletionLoop, LosesNothingOfManyThreads) {
  constexpr int kThreads = 4, kEach = 5000;
  int ran = 0;
  {
    const auto loop = MakeLoop();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) loop->Post([&ran] { ++ran; });
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ran, kThreads * kEach) << "what was posted before the end runs";
}

TEST(CompletionLoop, WhatCanWaitComesBehindWhatHasHappened) {
  const auto loop = MakeLoop();
  std::vector<std::string> ran;
  std::promise<void> done;
  loop->Post([&] {
    loop->Later([&] {
      ran.emplace_back("later");
      loop->Later([&] {
        ran.emplace_back("later still");
        done.set_value();
      });
    });
    loop->Post([&] { ran.emplace_back("posted"); });
  });
  done.get_future().get();
  EXPECT_EQ(ran, (std::vector<std::string>{"posted", "later", "later still"}));
}

TEST(CompletionLoop, ABusyQueueDoesNotHoldUpWhatCanWait) {
  const auto loop = MakeLoop();
  std::promise<void> done;
  bool ran = false;
  // Always one thing more that has happened.
  std::function<void()> again = [&] {
    if (!ran) loop->Post(again);
  };
  loop->Post([&] {
    loop->Later([&] {
      ran = true;
      done.set_value();
    });
    again();
  });
  const bool in_time = done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  loop->Post([&] { ran = true; });
  loop->Stop();
  EXPECT_TRUE(in_time);
}

TEST(CompletionLoop, TheEndLosesNothingThatWasTaken) {
  for (int round = 0; round < 50; ++round) {
    const auto loop = MakeLoop();
    std::atomic<int> taken{0};
    int ran = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        while (loop->Post([&ran] { ++ran; })) ++taken;
      });
    }
    while (taken < 100) std::this_thread::yield();
    loop->Stop();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ran, taken.load());
  }
}

TEST(CompletionLoop, AfterTheEndNothingIsTaken) {
  const auto loop = MakeLoop();
  bool waited = false;
  loop->Post([&] { loop->Later([&] { waited = true; }); });
  loop->Stop();
  EXPECT_TRUE(waited);
  EXPECT_FALSE(loop->Post([] { ADD_FAILURE() << "it has stopped"; }));
  loop->Stop();
}

TEST(CompletionLoop, TheEndCancelsCallsOnTheirWay) {
  ProbeServer server;
  std::promise<Reply<Probe>> arrived;
  server.set_on_call([&](const std::shared_ptr<Call>&, const Reply<Probe>& reply) { arrived.set_value(reply); });
  const auto loop = MakeLoop();
  const Peer<ProbeService> peer({server.Channel("probe-service"), loop.get()});
  const auto ask = [&](std::promise<absl::Status>& done) {
    peer.Call(&Peer<ProbeService>::Stub::PrepareAsyncResolveProbe, CallContext(), absl::Now() + absl::Minutes(1),
              ResolveProbeRequest(),
              [&](const absl::StatusOr<Probe>& answer, const Consistency&) { done.set_value(answer.status()); });
  };
  std::promise<absl::Status> cancelled, refused;
  ask(cancelled);
  const Reply<Probe> reply = arrived.get_future().get();
  loop->Stop();
  EXPECT_EQ(ReasonOf(cancelled.get_future().get()), "SERVICE_UNAVAILABLE");
  ask(refused);
  EXPECT_EQ(ReasonOf(refused.get_future().get()), "SERVICE_UNAVAILABLE");
  reply(Probe());
}

}  // namespace
}  // namespace clientele::rpc
