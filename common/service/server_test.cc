// The services that gRPC would bring: health and reflection, and which port serves what.
#include "common/service/server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sched.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/obs/metrics.h"
#include "common/rpc/testing/authority.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "health/v1/health.pb.h"

namespace clientele::service {
namespace {

namespace health = grpc::health::v1;
namespace v1 = grpc::reflection::v1;
namespace v1alpha = grpc::reflection::v1alpha;
using health::HealthCheckRequest;
using health::HealthCheckResponse;
using ::testing::Contains;
using ::testing::ContainsRegex;

constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr char kHealth[] = "/grpc.health.v1.Health/";

// Of the product's own services, one that answers at once.
class Events final : public rpc::AsyncService {
 public:
  Events() : AsyncService("clientele.event.v1.EventService") {
    AddUnary("ListEvents", [](rpc::WireCall& call) {
      const grpc::Slice nothing("");
      call.Answer(grpc::Status::OK, grpc::ByteBuffer(&nothing, 1));
    });
  }
};

// A server on sockets of its own, and channels to both.
struct RunningServer {
  RunningServer() {
    // So that its descriptor is linked.
    EXPECT_NE(event::v1::ListEventsRequest::descriptor(), nullptr);
    const absl::Status started = server->Start({Socket("main"), Socket("admin"), folder, true}, {&events});
    EXPECT_TRUE(started.ok()) << started;
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = authority.Certificate();
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    main = grpc::CreateCustomChannel(Socket("main"), grpc::SslCredentials(tls), arguments);
    admin = grpc::CreateChannel(Socket("admin"), grpc::InsecureChannelCredentials());
  }

  std::string Socket(const char* name) const { return absl::StrCat("unix:", folder, "/", name); }

  rpc::Authority authority;
  const std::string folder = authority.Issue("server", "");
  Events events;
  std::unique_ptr<Server> server = std::make_unique<Server>();
  std::shared_ptr<grpc::Channel> main;
  std::shared_ptr<grpc::Channel> admin;
};

template <class Request, class Response>
struct Stream {
  Stream(grpc::Channel& channel, const char* path) : method(path, grpc::internal::RpcMethod::BIDI_STREAMING) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    calls.reset(grpc::internal::ClientReaderWriterFactory<Request, Response>::Create(&channel, method, &context));
  }
  grpc::ClientContext context;
  grpc::internal::RpcMethod method;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> calls;
};

class ServerTest : public ::testing::Test {
 protected:
  static grpc::Status Ask(grpc::Channel& channel, const std::string& path, const google::protobuf::Message& request,
                          google::protobuf::Message& response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<google::protobuf::Message, google::protobuf::Message,
                                             google::protobuf::Message, google::protobuf::Message>(
        &channel, method, &context, request, &response);
  }

  static grpc::Status Check(grpc::Channel& channel, const std::string& service, HealthCheckResponse& response) {
    HealthCheckRequest request;
    request.set_service(service);
    return Ask(channel, absl::StrCat(kHealth, "Check"), request, response);
  }
  // What health says of `service`; UNKNOWN where it says nothing.
  static HealthCheckResponse::ServingStatus StatusOf(grpc::Channel& channel, const std::string& service) {
    HealthCheckResponse response;
    return Check(channel, service, response).ok() ? response.status() : HealthCheckResponse::UNKNOWN;
  }
  void WaitUntil(HealthCheckResponse::ServingStatus status) {
    const absl::Time end = absl::Now() + kPatience;
    while (StatusOf(*admin_, "") != status && absl::Now() < end) sched_yield();
  }

  using HealthStream = Stream<HealthCheckRequest, HealthCheckResponse>;

  static std::unique_ptr<HealthStream> Watch(grpc::Channel& channel, const std::string& service) {
    auto watch = std::make_unique<HealthStream>(channel, "/grpc.health.v1.Health/Watch");
    HealthCheckRequest request;
    request.set_service(service);
    EXPECT_TRUE(watch->calls->Write(request));
    EXPECT_TRUE(watch->calls->WritesDone());
    return watch;
  }
  static HealthCheckResponse::ServingStatus Next(HealthStream& watch) {
    HealthCheckResponse response;
    EXPECT_TRUE(watch.calls->Read(&response));
    return response.status();
  }

  RunningServer running_;
  Server& server_ = *running_.server;
  const std::shared_ptr<grpc::Channel> main_ = running_.main;
  const std::shared_ptr<grpc::Channel> admin_ = running_.admin;
};

TEST_F(ServerTest, HealthIsToldOnBothPorts) {
  for (grpc::Channel* channel : {main_.get(), admin_.get()}) {
    EXPECT_EQ(StatusOf(*channel, ""), HealthCheckResponse::NOT_SERVING);
    EXPECT_EQ(StatusOf(*channel, "liveness"), HealthCheckResponse::SERVING);
    HealthCheckResponse response;
    EXPECT_EQ(Check(*channel, "nobody", response).error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Check(*channel, std::string(300, 'x'), response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    health::HealthListResponse all;
    ASSERT_TRUE(Ask(*channel, absl::StrCat(kHealth, "List"), health::HealthListRequest(), all).ok());
    EXPECT_EQ(all.statuses_size(), 2);
    EXPECT_EQ(all.statuses().at("liveness").status(), HealthCheckResponse::SERVING);
  }
  server_.SetReady(true);
  WaitUntil(HealthCheckResponse::SERVING);
  EXPECT_EQ(StatusOf(*main_, ""), HealthCheckResponse::SERVING);
}

TEST_F(ServerTest, TheLoopsLagIsMeasured) {
  server_.SetReady(true);
  WaitUntil(HealthCheckResponse::SERVING);
  EXPECT_THAT(obs::MetricsText(), ContainsRegex("\nclientele_grpc_loop_lag_seconds_count [1-9]"));
}

TEST_F(ServerTest, AWatchTellsEachChange) {
  const auto watch = Watch(*main_, "");
  const auto other = Watch(*admin_, "");
  const auto unknown = Watch(*admin_, "nobody");
  EXPECT_EQ(Next(*watch), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Next(*other), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Next(*unknown), HealthCheckResponse::SERVICE_UNKNOWN);
  server_.SetReady(true);
  server_.SetReady(true);
  server_.SetReady(false);
  EXPECT_EQ(Next(*watch), HealthCheckResponse::SERVING);
  EXPECT_EQ(Next(*watch), HealthCheckResponse::NOT_SERVING) << "the same again is no change";
  // Who has gone is told nothing; who stays, all.
  watch->context.TryCancel();
  EXPECT_EQ(watch->calls->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_.SetReady(true);
  EXPECT_EQ(Next(*other), HealthCheckResponse::SERVING);
  EXPECT_EQ(Next(*other), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Next(*other), HealthCheckResponse::SERVING);
}

TEST_F(ServerTest, AWatchOfNothingIsRefused) {
  HealthStream watch(*main_, "/grpc.health.v1.Health/Watch");
  watch.calls->WritesDone();
  EXPECT_EQ(watch.calls->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, WithoutTlsThereIsHealthAlone) {
  event::v1::ListEventsResponse response;
  const char* const path = "/clientele.event.v1.EventService/ListEvents";
  EXPECT_TRUE(Ask(*main_, path, event::v1::ListEventsRequest(), response).ok());
  EXPECT_EQ(Ask(*admin_, path, event::v1::ListEventsRequest(), response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  Stream<v1::ServerReflectionRequest, v1::ServerReflectionResponse> reflection(
      *admin_, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  EXPECT_EQ(reflection.calls->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, WhatNobodyServesIsUnimplemented) {
  event::v1::ListEventsResponse response;
  for (const char* path : {"/clientele.event.v1.EventService/ListMore", "/nobody/Nothing"}) {
    EXPECT_EQ(Ask(*main_, path, event::v1::ListEventsRequest(), response).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
}

// Asks one thing after the other on one stream.
template <class Request, class Response>
std::vector<Response> Reflect(grpc::Channel& channel, const char* path, const std::vector<Request>& requests) {
  Stream<Request, Response> reflection(channel, path);
  // All at once: the answers come in their order all the same.
  for (const Request& request : requests) EXPECT_TRUE(reflection.calls->Write(request));
  reflection.calls->WritesDone();
  std::vector<Response> responses;
  for (Response response; reflection.calls->Read(&response);) responses.push_back(response);
  EXPECT_TRUE(reflection.calls->Finish().ok());
  return responses;
}

TEST_F(ServerTest, ReflectionTellsTheContract) {
  using Request = v1::ServerReflectionRequest;
  std::vector<Request> requests(7);
  requests[0].set_list_services("");
  requests[1].set_file_containing_symbol("clientele.event.v1.EventService.ListEvents");
  requests[2].set_file_by_filename("clientele/event/v1/event_service.proto");
  requests[3].set_file_by_filename("none.proto");
  requests[4].mutable_file_containing_extension()->set_containing_type("google.protobuf.MethodOptions");
  requests[5].set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
  const auto* rule = google::protobuf::DescriptorPool::generated_pool()->FindExtensionByName("clientele.type.v1.rule");
  ASSERT_NE(rule, nullptr);
  requests[4].mutable_file_containing_extension()->set_extension_number(rule->number());
  const auto answers = Reflect<Request, v1::ServerReflectionResponse>(
      *main_, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", requests);
  ASSERT_EQ(answers.size(), requests.size());
  std::vector<std::string> services;
  for (const auto& service : answers[0].list_services_response().service()) services.push_back(service.name());
  EXPECT_THAT(services, ::testing::UnorderedElementsAre("clientele.event.v1.EventService", "grpc.health.v1.Health",
                                                        "grpc.reflection.v1.ServerReflection",
                                                        "grpc.reflection.v1alpha.ServerReflection"));
  for (const int i : {1, 2, 4}) {
    std::vector<std::string> files;
    for (const std::string& file : answers[i].file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto described;
      ASSERT_TRUE(described.ParseFromString(file));
      files.push_back(described.name());
    }
    EXPECT_THAT(files, Contains("google/protobuf/descriptor.proto").Times(1)) << "with all that it imports, once";
  }
  EXPECT_EQ(answers[1].original_request().file_containing_symbol(), requests[1].file_containing_symbol());
  EXPECT_EQ(answers[3].error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(answers[5].all_extension_numbers_response().extension_number(), Contains(rule->number()));
  EXPECT_EQ(answers[6].error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, ReflectionBearsNoLongQuestion) {
  Stream<v1::ServerReflectionRequest, v1::ServerReflectionResponse> reflection(
      *main_, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  v1::ServerReflectionRequest request;
  request.set_file_containing_symbol(std::string(2000, 'x'));
  EXPECT_TRUE(reflection.calls->Write(request));
  EXPECT_EQ(reflection.calls->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, ReflectionHasItsOldNameToo) {
  std::vector<v1alpha::ServerReflectionRequest> requests(1);
  requests[0].set_list_services("");
  const auto answers = Reflect<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(
      *main_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", requests);
  ASSERT_EQ(answers.size(), 1);
  EXPECT_EQ(answers[0].list_services_response().service_size(), 4);
}

TEST_F(ServerTest, AnAddressThatIsTakenIsNamed) {
  Events events;
  Server second;
  const absl::Status status = second.Start(
      {running_.Socket("second"), "unix:/nowhere/admin", running_.authority.Issue("second", ""), true}, {&events});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/nowhere/admin"));
}

TEST_F(ServerTest, ShutdownEndsAWatch) {
  const auto watch = Watch(*main_, "");
  EXPECT_EQ(Next(*watch), HealthCheckResponse::NOT_SERVING);
  server_.Shutdown(absl::Now() + absl::Milliseconds(50));
  HealthCheckResponse response;
  EXPECT_FALSE(watch->calls->Read(&response));
  EXPECT_FALSE(watch->calls->Finish().ok());
}

// The end, whatever callers are in the middle of.
TEST(Server, EndsWithOpenStreams) {
  for (int round = 0; round < 20; ++round) {
    RunningServer running;
    Stream<v1::ServerReflectionRequest, v1::ServerReflectionResponse> reflection(
        *running.main, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    v1::ServerReflectionRequest request;
    request.set_list_services("");
    v1::ServerReflectionResponse response;
    EXPECT_TRUE(reflection.calls->Write(request));
    EXPECT_TRUE(reflection.calls->Read(&response));
    running.server.reset();
    EXPECT_FALSE(reflection.calls->Read(&response));
    EXPECT_FALSE(reflection.calls->Finish().ok());
  }
}

}  // namespace
}  // namespace clientele::service
