// How a call ends: by its handler, at its deadline, when the caller goes away, in the drain; and what goes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/obs/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/consistency.h"
#include "common/rpc/testing/probe_server.h"

namespace clientele::rpc {
namespace {

using ::testing::HasSubstr;
using testing::v1::EndProbeRequest;
using testing::v1::GetProbeRequest;
using testing::v1::Probe;
using testing::v1::ProbeService;
using testing::v1::ResolveProbeRequest;
using Stub = ProbeService::Stub;

constexpr auto kPatience = std::chrono::seconds(20);

GetProbeRequest Get() {
  GetProbeRequest request;
  request.set_name(ProbeName());
  return request;
}

// A handler that answers nothing until it is told to.
struct Stuck {
  std::promise<std::pair<std::shared_ptr<Call>, Reply<Probe>>> taken;
  std::future<std::pair<std::shared_ptr<Call>, Reply<Probe>>> arrived = taken.get_future();

  ProbeServer::OnCall OnCall() {
    return [this](std::shared_ptr<Call> call, Reply<Probe> reply) {
      taken.set_value({std::move(call), std::move(reply)});
    };
  }
};

TEST(DispatcherLifetime, TheDeadlineIsAnsweredWhateverTheHandlerDoes) {
  ProbeServer server;
  Stuck stuck;
  server.set_on_call(stuck.OnCall());
  const absl::Time begin = absl::Now();
  const Answer answer = Ask(*server.Anonymous(), &Stub::GetProbe, Get(), Bearer(server.PartnerToken("helpdesk_agent")));
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(answer.status), "DEADLINE_EXCEEDED") << "the server's own answer";
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(1900));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(8));
  ASSERT_EQ(stuck.arrived.wait_for(kPatience), std::future_status::ready);
  auto [call, reply] = stuck.arrived.get();
  EXPECT_TRUE(call->abandoned());
  EXPECT_EQ(server.dispatcher().OpenCalls(), 0);
  reply(Probe());  // dropped: the wire's call is gone
}

TEST(DispatcherLifetime, DeadlinesByClassAndCaller) {
  ProbeServer server;
  absl::Duration left;
  server.set_on_call([&](const std::shared_ptr<Call>& call, const Reply<Probe>& reply) {
    left = call->context.deadline - absl::Now();
    reply(Probe());
  });
  const auto stub = server.Anonymous();
  const Metadata administrator = Bearer(server.PartnerToken("global_admin"));
  ASSERT_TRUE(Ask(*stub, &Stub::GetProbe, Get(), administrator).status.ok());
  EXPECT_LE(left, absl::Seconds(2));
  EXPECT_GT(left, absl::Seconds(1));
  EndProbeRequest end;
  end.set_name(ProbeName());
  ASSERT_TRUE(Ask(*stub, &Stub::EndProbe, end, administrator).status.ok());
  EXPECT_LE(left, absl::Milliseconds(9800)) << "a saga answers before its guard";
  EXPECT_GT(left, absl::Seconds(8));
  ASSERT_TRUE(Ask(*stub, &Stub::GetProbe, Get(), administrator, absl::Milliseconds(1500)).status.ok());
  EXPECT_LE(left, absl::Milliseconds(1600)) << "gRPC rounds a timeout up on the wire";
}

TEST(DispatcherLifetime, ACallerWhoGoesAwayIsNotWorkedFor) {
  ProbeServer server;
  Stuck stuck;
  server.set_on_call(stuck.OnCall());
  const auto stub = server.Anonymous();
  grpc::ClientContext context;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", server.PartnerToken("helpdesk_agent")));
  const GetProbeRequest request = Get();
  Probe response;
  std::promise<grpc::Status> ended;
  stub->async()->GetProbe(&context, &request, &response, [&](grpc::Status status) { ended.set_value(status); });
  ASSERT_EQ(stuck.arrived.wait_for(kPatience), std::future_status::ready);
  auto [call, reply] = stuck.arrived.get();
  EXPECT_FALSE(call->abandoned());
  EXPECT_EQ(server.dispatcher().OpenCalls(), 1);
  context.TryCancel();
  EXPECT_EQ(ended.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  while (!call->abandoned() || server.dispatcher().OpenCalls() > 0) std::this_thread::yield();
  reply(Probe());
}

TEST(DispatcherLifetime, TheDrainAnswersWhatIsStuck) {
  ProbeServer server;
  Stuck stuck;
  server.set_on_call(stuck.OnCall());
  const auto stub = server.Anonymous();
  const Metadata metadata = Bearer(server.PartnerToken("helpdesk_agent"));
  std::future<Answer> answer =
      std::async(std::launch::async, [&] { return Ask(*stub, &Stub::GetProbe, Get(), metadata); });
  ASSERT_EQ(stuck.arrived.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(server.dispatcher().Drain(absl::Now() + absl::Milliseconds(50)));
  const Answer drained = answer.get();
  EXPECT_EQ(drained.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(drained.status), "SHUTTING_DOWN");
  EXPECT_GT(RetryDelayOf(drained.status), absl::ZeroDuration());
  const Answer late = Ask(*stub, &Stub::GetProbe, Get(), metadata);
  EXPECT_EQ(ReasonOf(late.status), "SHUTTING_DOWN");
  EXPECT_TRUE(server.dispatcher().Drain(absl::Now() + absl::Seconds(10))) << "nothing is open";
  server.server().Shutdown();  // returns: no call is left
  auto [call, reply] = stuck.arrived.get();
  reply(Probe());
}

TEST(DispatcherLifetime, TheDrainWaitsForWhatEnds) {
  ProbeServer server;
  Stuck stuck;
  server.set_on_call(stuck.OnCall());
  const auto stub = server.Anonymous();
  const Metadata metadata = Bearer(server.PartnerToken("helpdesk_agent"));
  std::future<Answer> answer =
      std::async(std::launch::async, [&] { return Ask(*stub, &Stub::GetProbe, Get(), metadata); });
  ASSERT_EQ(stuck.arrived.wait_for(kPatience), std::future_status::ready);
  std::future<bool> drained =
      std::async(std::launch::async, [&] { return server.dispatcher().Drain(absl::Now() + absl::Seconds(20)); });
  stuck.arrived.get().second(Probe());
  EXPECT_TRUE(drained.get());
  EXPECT_TRUE(answer.get().status.ok());
}

// Callers who ask one after the other: every third goes away, every third has a deadline that may pass.
class Callers {
 public:
  Callers(ProbeServer& server, int callers, int calls) : stub_(server.Anonymous()) {
    const std::string token = absl::StrCat("Bearer ", server.PartnerToken("helpdesk_agent"));
    for (int i = 0; i < callers; ++i) {
      threads_.emplace_back([this, token, calls] {
        for (int call = 0; call < calls; ++call) AskOnce(token, call);
      });
    }
  }

  int ended() const { return ended_; }
  // How many calls had each code, once all have.
  std::map<grpc::StatusCode, int> Codes() {
    for (std::thread& thread : threads_) thread.join();
    return codes_;
  }

 private:
  void AskOnce(const std::string& token, int call) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", token);
    context.set_deadline(std::chrono::system_clock::now() +
                         (call % 3 == 1 ? std::chrono::milliseconds(1 + call % 5) : kPatience));
    const GetProbeRequest request = Get();
    Probe response;
    std::promise<grpc::Status> answer;
    stub_->async()->GetProbe(&context, &request, &response, [&](grpc::Status status) { answer.set_value(status); });
    if (call % 3 == 2) {
      for (int i = 0; i < 10 * (call % 20); ++i) std::this_thread::yield();
      context.TryCancel();
    }
    const grpc::StatusCode code = answer.get_future().get().error_code();
    MutexLock lock(&mutex_);
    ++codes_[code];
    ++ended_;
  }

  const std::unique_ptr<Stub> stub_;
  Mutex mutex_;
  std::map<grpc::StatusCode, int> codes_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> ended_{0};
  std::vector<std::thread> threads_;
};

// Handlers on other threads, callers who go away, deadlines and the drain, all at once.
TEST(DispatcherLifetime, ACallEndsOnceWhoeverEndsIt) {
  constexpr int kCallers = 3, kCalls = 300;
  ProbeServer server;
  const auto started = [] { return CallsCounted("grpc_server_started_total", "GetProbe"); };
  const auto handled = [] { return CallsCounted("grpc_server_handled_total", "GetProbe"); };
  const double started_before = started(), handled_before = handled();
  Mutex mutex;
  std::vector<Reply<Probe>> waiting;
  server.set_on_call([&](const std::shared_ptr<Call>&, Reply<Probe> reply) {
    MutexLock lock(&mutex);
    waiting.push_back(std::move(reply));
  });
  std::atomic<bool> over{false};
  const auto answer_all = [&] {
    while (!over) {
      std::vector<Reply<Probe>> replies;
      {
        MutexLock lock(&mutex);
        replies.swap(waiting);
      }
      for (const Reply<Probe>& reply : replies) reply(Probe());
      std::this_thread::yield();
    }
  };
  std::vector<std::thread> handlers;
  for (int i = 0; i < 2; ++i) handlers.emplace_back(answer_all);
  Callers callers(server, kCallers, kCalls);
  while (callers.ended() < kCallers * kCalls / 2) std::this_thread::yield();
  server.dispatcher().Drain(absl::Now());
  std::map<grpc::StatusCode, int> codes = callers.Codes();
  server.server().Shutdown();  // returns: every call has ended on the wire
  over = true;
  for (std::thread& handler : handlers) handler.join();

  EXPECT_GT(codes[grpc::StatusCode::OK], 0);
  EXPECT_GT(codes[grpc::StatusCode::CANCELLED], 0);
  EXPECT_GT(codes[grpc::StatusCode::UNAVAILABLE], 0) << "what came after the drain";
  int known = codes[grpc::StatusCode::DEADLINE_EXCEEDED];
  for (const auto code : {grpc::StatusCode::OK, grpc::StatusCode::CANCELLED, grpc::StatusCode::UNAVAILABLE}) {
    known += codes[code];
  }
  EXPECT_EQ(known, kCallers * kCalls);
  EXPECT_EQ(server.dispatcher().OpenCalls(), 0);
  EXPECT_EQ(handled() - handled_before, started() - started_before) << "each has one answer";
}

std::string Position(const std::string& service, uint64_t txid) {
  return FormatConsistency({{service, {kEpoch, txid, 1}}});
}

TEST(DispatcherLifetime, ConsistencyGoesThereAndBack) {
  DispatcherOptions options;
  Consistency wanted;
  absl::Status reached;
  options.wait_for = [&](const Consistency& consistency, absl::Time, const std::function<void(absl::Status)>& done) {
    wanted = consistency;
    done(reached);
  };
  ProbeServer server(std::move(options));
  absl::StatusOr<Probe> outcome = Probe();
  server.set_on_call([&](const std::shared_ptr<Call>& call, const Reply<Probe>& reply) {
    Merge({{"probe", {kEpoch, 9, 1}}}, call->context.consistency);
    reply(outcome);
  });
  const auto stub = server.Anonymous();
  const auto ask = [&](const std::string& sent) {
    Metadata metadata = Bearer(server.PartnerToken("helpdesk_agent"));
    if (!sent.empty()) metadata.emplace("clientele-consistency", sent);
    return Ask(*stub, &Stub::GetProbe, Get(), metadata);
  };
  EXPECT_EQ(ask("").consistency, Position("probe", 9));
  EXPECT_TRUE(wanted.empty());
  const std::string other = Position("relationship", 7);
  EXPECT_EQ(ask(absl::StrCat(other, ";", Position("probe", 5))).consistency,
            absl::StrCat(Position("probe", 9), ";", other));
  EXPECT_EQ(wanted, *ParseConsistency(other)) << "its own feed a service need not wait for";
  outcome = EtagMismatch("x", "r1");
  EXPECT_EQ(ask("").consistency, Position("probe", 9)) << "with an error too";
  reached = MakeError(absl::StatusCode::kUnavailable, "CONSISTENCY_NOT_REACHED", "later");
  EXPECT_EQ(ReasonOf(ask(other).status), "CONSISTENCY_NOT_REACHED");
  EXPECT_EQ(ReasonOf(ask("nonsense").status), "INVALID_CONSISTENCY");
}

// The client's half: deadline, trace, acting principal and consistency reach the peer, and its answer comes back whole.
TEST(Peer, CarriesTheCallToAnotherService) {
  ProbeServer server;
  CallContext seen;
  server.set_on_call([&](const std::shared_ptr<Call>& call, const Reply<Probe>& reply) {
    seen = call->context;
    Merge({{"probe", {kEpoch, 9, 1}}}, call->context.consistency);
    reply(EtagMismatch("x", "r1"));
  });
  const Peer<testing::v1::ProbeService> peer({server.Channel("probe-service"), &server.loop()});
  CallContext call;
  call.principal = "customer:https://directory.example/t/anna";
  call.on_behalf_of = "anna";
  call.origin_request_id = kCustomer;
  call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  call.consistency = {{"customer", {kEpoch, 3, 1}}};
  std::promise<std::pair<absl::StatusOr<Probe>, Consistency>> done;
  const absl::Time deadline = absl::Now() + absl::Milliseconds(1500);
  peer.Call(&Peer<testing::v1::ProbeService>::Stub::PrepareAsyncResolveProbe, call, deadline, ResolveProbeRequest(),
            [&](absl::StatusOr<Probe> answer, Consistency consistency) {
              done.set_value({std::move(answer), std::move(consistency)});
            });
  auto [answer, consistency] = done.get_future().get();
  EXPECT_EQ(ReasonOf(answer.status()), "ETAG_MISMATCH");
  EXPECT_EQ(consistency, (Consistency{{"customer", {kEpoch, 3, 1}}, {"probe", {kEpoch, 9, 1}}}));
  EXPECT_EQ(seen.principal, call.principal);
  EXPECT_EQ(seen.on_behalf_of, "anna");
  EXPECT_EQ(seen.origin_request_id, kCustomer);
  EXPECT_EQ(seen.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_LE(seen.deadline, deadline + absl::Milliseconds(100)) << "gRPC rounds a timeout up on the wire";
}

TEST(Peer, APeerThatIsAwayIsUnavailable) {
  auto server = std::make_unique<ProbeServer>();
  const Peer<testing::v1::ProbeService> peer({server->Channel("probe-service"), &server->loop()});
  server->server().Shutdown();
  std::promise<absl::Status> done;
  peer.Call(&Peer<testing::v1::ProbeService>::Stub::PrepareAsyncResolveProbe, CallContext(),
            absl::Now() + absl::Seconds(2), ResolveProbeRequest(),
            [&](const absl::StatusOr<Probe>& answer, const Consistency&) { done.set_value(answer.status()); });
  const absl::Status status = done.get_future().get();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "SERVICE_UNAVAILABLE");
  EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
}

TEST(DispatcherMetrics, EveryLabelSetStandsFromTheStart) {
  ProbeServer server;
  constexpr char kUnused[] =
      "grpc_server_handled_total{grpc_code=\"DataLoss\",grpc_method=\"LookupProbe\","
      "grpc_service=\"clientele.rpc.testing.v1.ProbeService\",grpc_type=\"unary\"} 0";
  EXPECT_THAT(obs::MetricsText(), HasSubstr(kUnused));
  EXPECT_THAT(obs::MetricsText(), HasSubstr("grpc_server_handling_seconds_count{grpc_method=\"LookupProbe\""));
  ASSERT_TRUE(
      Ask(*server.Anonymous(), &Stub::GetProbe, Get(), Bearer(server.PartnerToken("helpdesk_agent"))).status.ok());
  EXPECT_THAT(obs::MetricsText(), ::testing::ContainsRegex("grpc_server_handled_total.grpc_code=\"OK\",grpc_method="
                                                           "\"GetProbe\"[^}]*. [1-9]"));
}

}  // namespace
}  // namespace clientele::rpc
