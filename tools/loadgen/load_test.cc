#include "tools/loadgen/load.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"

namespace clientele::loadgen {
namespace {

constexpr int kRequests = 300;
constexpr int kInFlight = 8;

// Finds every customer but each third one that it is asked for.
class Customers final : public customer::v1::CustomerService::CallbackService {
 public:
  int calls() const { return calls_; }

 private:
  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context, const customer::v1::GetCustomerRequest*,
                                        customer::v1::Customer*) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const bool found = ++calls_ % 3 != 0;
    reactor->Finish(found ? grpc::Status::OK : grpc::Status(grpc::StatusCode::NOT_FOUND, "none"));
    return reactor;
  }

  std::atomic<int> calls_{0};
};

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&customers_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    channels_ = {grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials())};
    requests_.tokens = {"token"};
    requests_.requests.assign(kRequests, {0, ""});
  }

  // Sends each request once, however long that takes.
  LoadResult Run(double rate) {
    LoadOptions options;
    options.method = "/clientele.customer.v1.CustomerService/GetCustomer";
    options.in_flight = kInFlight;
    options.rate = rate;
    options.measure_from = absl::Now();
    options.end = options.measure_from + absl::Minutes(10);
    Load load(options, requests_, channels_);
    load.Send();
    return load.Finish();
  }

  Customers customers_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  Requests requests_;
};

TEST_F(LoadTest, TheClosedLoopCountsEachCallOnce) {
  const LoadResult result = Run(0);
  EXPECT_EQ(customers_.calls(), kRequests);
  EXPECT_TRUE(result.exhausted);
  EXPECT_EQ(result.errors, kRequests / 3);
  EXPECT_EQ(result.first_error, "5: none");
  // What was in flight when the requests were used up ended after the measuring.
  EXPECT_LE(result.latencies.count(), kRequests - kRequests / 3);
  EXPECT_GT(result.latencies.count(), kRequests - kRequests / 3 - kInFlight);
}

TEST_F(LoadTest, TheOpenLoopCountsEachCallOnce) {
  const LoadResult result = Run(2000);
  EXPECT_EQ(customers_.calls(), kRequests);
  EXPECT_TRUE(result.exhausted);
  EXPECT_EQ(result.errors, kRequests / 3);
  EXPECT_EQ(result.latencies.count(), kRequests - kRequests / 3);
}

TEST_F(LoadTest, AServerThatIsAwayIsCountedAsErrors) {
  server_->Shutdown();
  const LoadResult result = Run(0);
  EXPECT_EQ(customers_.calls(), 0);
  EXPECT_EQ(result.errors, kRequests);
  EXPECT_EQ(result.latencies.count(), 0);
}

}  // namespace
}  // namespace clientele::loadgen
