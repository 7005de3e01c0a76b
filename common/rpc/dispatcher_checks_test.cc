// What stands between the wire and the handler, in its order, over a real server with TLS and tokens.
#include <gmock/gmock.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/rpc/request_hash.h"
#include "common/rpc/rules.h"
#include "common/rpc/testing/probe_server.h"

namespace clientele::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::v1::EndProbeRequest;
using testing::v1::GetProbeRequest;
using testing::v1::ListProbesRequest;
using testing::v1::LookupProbeRequest;
using testing::v1::Probe;
using testing::v1::ProbeService;
using testing::v1::RegisterProbeRequest;
using testing::v1::ResolveProbeRequest;
using testing::v1::UpdateProbeRequest;
using Stub = ProbeService::Stub;

GetProbeRequest Get(const std::string& name) {
  GetProbeRequest request;
  request.set_name(name);
  return request;
}

UpdateProbeRequest Update(const std::string& name) {
  UpdateProbeRequest request;
  request.mutable_probe()->set_name(name);
  request.mutable_probe()->set_title("title");
  return request;
}

void ExpectError(const Answer& answer, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(answer.status.code(), code) << answer.status;
  EXPECT_EQ(ReasonOf(answer.status), reason) << answer.status;
}

class DispatcherChecks : public ::testing::Test {
 protected:
  Answer GetAs(const std::string& token, const std::string& name = ProbeName()) {
    return Ask(*anonymous_, &Stub::GetProbe, Get(name), Bearer(token));
  }

  ProbeServer server_;
  std::unique_ptr<Stub> anonymous_ = server_.Anonymous();
};

TEST_F(DispatcherChecks, CredentialsComeFirst) {
  const GetProbeRequest bad = Get("no name");
  ExpectError(Ask(*anonymous_, &Stub::GetProbe, bad, {}), absl::StatusCode::kUnauthenticated, "NO_CREDENTIALS");
  ExpectError(GetAs("abc", "no name"), absl::StatusCode::kUnauthenticated, "TOKEN_MALFORMED");
  const nlohmann::json claims = {{"kind", "operator"}, {"iss", "https://issuer.clientele.local"}};
  ExpectError(GetAs(auth::TestSigner::Ed25519("key").Sign(claims)), absl::StatusCode::kUnauthenticated,
              "TOKEN_SIGNATURE");
  ExpectError(GetAs(server_.Token({{"kind", "operator"}, {"exp", 1}})), absl::StatusCode::kUnauthenticated,
              "TOKEN_EXPIRED");
  ExpectError(GetAs(server_.Token({{"kind", "operator"}, {"aud", "x"}})), absl::StatusCode::kUnauthenticated,
              "TOKEN_AUDIENCE");
  ExpectError(Ask(*anonymous_, &Stub::GetProbe, bad, {{"authorization", "Basic abc"}}),
              absl::StatusCode::kUnauthenticated, "TOKEN_MALFORMED");
  Metadata twice = Bearer(server_.PartnerToken("global_admin"));
  twice.emplace("authorization", "Bearer x");
  ExpectError(Ask(*anonymous_, &Stub::GetProbe, bad, twice), absl::StatusCode::kUnauthenticated, "TOKEN_MALFORMED");
}

TEST_F(DispatcherChecks, ThenNameThenScopeThenPermissionThenFields) {
  const std::string small = server_.PartnerToken("helpdesk_agent");
  UpdateProbeRequest request = Update("partners/x/customers/y");
  request.set_request_id("not a uuid");
  request.mutable_probe()->set_title("far too long for a title");
  const auto ask = [&](const std::string& token) {
    return Ask(*anonymous_, &Stub::UpdateProbe, request, Bearer(token));
  };
  Answer answer = ask(small);
  ExpectError(answer, absl::StatusCode::kInvalidArgument, "INVALID_FIELD");
  ASSERT_THAT(FieldViolationsOf(answer.status), SizeIs(1)) << "the name alone";
  EXPECT_EQ(FieldViolationsOf(answer.status)[0].field, "probe.name");
  EXPECT_EQ(FieldViolationsOf(answer.status)[0].reason, "RESOURCE_NAME");

  request.mutable_probe()->set_name(ProbeName(kOtherPartner));
  ExpectError(ask(small), absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND");

  request.mutable_probe()->set_name(ProbeName());
  answer = ask(small);
  ExpectError(answer, absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
  EXPECT_EQ(MetadataOf(answer.status)["permission"], "customers.update");

  answer = ask(server_.PartnerToken("global_admin"));
  ExpectError(answer, absl::StatusCode::kInvalidArgument, "INVALID_FIELD");
  const std::vector<FieldViolation> violations = FieldViolationsOf(answer.status);
  ASSERT_THAT(violations, SizeIs(2));
  EXPECT_EQ(violations[0].field, "probe.title");
  EXPECT_EQ(violations[1].field, "request_id");

  request.mutable_probe()->clear_name();
  answer = ask(small);
  ASSERT_THAT(FieldViolationsOf(answer.status), SizeIs(1));
  EXPECT_EQ(FieldViolationsOf(answer.status)[0].reason, "REQUIRED");
}

TEST_F(DispatcherChecks, TheHandlerFindsTheCall) {
  UpdateProbeRequest request = Update(ProbeName());
  request.set_request_id(kCustomer);
  request.set_validate_only(true);
  CallContext seen;
  server_.set_on_call([&](const std::shared_ptr<Call>& call, const Reply<Probe>& reply) {
    seen = call->context;
    EXPECT_FALSE(call->abandoned());
    EXPECT_EQ(call->principal.partner, kPartner);
    reply(Probe());
  });
  Metadata metadata = Bearer(server_.PartnerToken("admin_agent"));
  metadata.emplace("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  // Only services act for others.
  metadata.emplace("clientele-acting-principal", "operator:mallory");
  const Answer answer = Ask(*anonymous_, &Stub::UpdateProbe, request, metadata);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(seen.principal, absl::StrCat("user:anna@partners/", kPartner));
  EXPECT_EQ(seen.method, "clientele.rpc.testing.v1.ProbeService/UpdateProbe");
  EXPECT_EQ(seen.request_id, kCustomer);
  EXPECT_EQ(seen.request_hash, HashOf(request));
  EXPECT_EQ(seen.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(seen.now, server_.clock().Now());
  EXPECT_TRUE(seen.validate_only);
}

TEST_F(DispatcherChecks, WhoServesAllPartners) {
  ListProbesRequest request;
  request.set_parent("partners/-");
  const auto ask = [&](const nlohmann::json& claims) {
    return Ask(*anonymous_, &Stub::ListProbes, request, Bearer(server_.Token(claims)));
  };
  // The executor has no database: who gets so far passed every check.
  ExpectError(ask({{"kind", "operator"}}), absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE");
  ExpectError(ask({{"kind", "reviewer"}}), absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE");
  ExpectError(ask({{"kind", "partner_user"}, {"partner", kPartner}, {"roles", {"global_admin"}}}),
              absl::StatusCode::kNotFound, "PARTNER_NOT_FOUND");
  ExpectError(ask({{"kind", "application"}}), absl::StatusCode::kNotFound, "PARTNER_NOT_FOUND");
  request.set_parent(absl::StrCat("partners/", kPartner));
  ExpectError(ask({{"kind", "application"}}), absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
}

TEST_F(DispatcherChecks, CellAndTokenScopesAskForThePermissionAlone) {
  RegisterProbeRequest registered;
  registered.mutable_probe();
  ExpectError(Ask(*anonymous_, &Stub::RegisterProbe, registered, Bearer(server_.PartnerToken("global_admin"))),
              absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
  const Answer incomplete =
      Ask(*anonymous_, &Stub::RegisterProbe, registered, Bearer(server_.Token({{"kind", "operator"}})));
  ExpectError(incomplete, absl::StatusCode::kInvalidArgument, "INVALID_FIELD");
  EXPECT_THAT(FieldViolationsOf(incomplete.status), SizeIs(4));

  LookupProbeRequest looked;
  looked.set_token("opaque");
  nlohmann::json customer = {{"kind", "customer"},
                             {"tenant_issuer", "https://directory.clientele.local/global"},
                             {"tenant_id", kCustomer},
                             {"roles", {"global_admin"}}};
  EXPECT_TRUE(Ask(*anonymous_, &Stub::LookupProbe, looked, Bearer(server_.Token(customer))).status.ok());
  customer["roles"] = nlohmann::json::array();
  ExpectError(Ask(*anonymous_, &Stub::LookupProbe, looked, Bearer(server_.Token(customer))),
              absl::StatusCode::kPermissionDenied, "CUSTOMER_ROLE_REQUIRED");
  ExpectError(Ask(*anonymous_, &Stub::LookupProbe, looked, Bearer(server_.PartnerToken("global_admin"))),
              absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
}

TEST_F(DispatcherChecks, ASupportReaderSeesNoPersonalValue) {
  server_.set_on_call([](const std::shared_ptr<Call>&, const Reply<Probe>& reply) {
    Probe probe;
    probe.set_title("t");
    probe.mutable_contact()->set_email("a@b.de");
    reply(probe);
  });
  EXPECT_EQ(GetAs(server_.PartnerToken("helpdesk_agent")).probe.contact().email(), "a@b.de");
  const Answer masked = GetAs(server_.Token({{"kind", "support_reader"}}));
  ASSERT_TRUE(masked.status.ok()) << masked.status;
  EXPECT_EQ(masked.probe.title(), "t");
  EXPECT_EQ(masked.probe.contact().email(), "");
}

TEST_F(DispatcherChecks, ErrorsOfAHandlerKeepTheirDetailsAndHideCauses) {
  server_.set_on_call([](const std::shared_ptr<Call>&, const Reply<Probe>& reply) {
    reply(EtagMismatch("x", "r2"));
    reply(Probe());  // a second answer is dropped
  });
  const std::string token = server_.PartnerToken("helpdesk_agent");
  const Answer mismatch = GetAs(token);
  ExpectError(mismatch, absl::StatusCode::kAborted, "ETAG_MISMATCH");
  EXPECT_EQ(MetadataOf(mismatch.status)["etag"], "r2");
  server_.set_on_call([](const std::shared_ptr<Call>&, const Reply<Probe>& reply) {
    reply(absl::InternalError("relation customer does not exist"));
  });
  const Answer internal = GetAs(token);
  ExpectError(internal, absl::StatusCode::kInternal, "INTERNAL");
  EXPECT_THAT(std::string(internal.status.message()), ::testing::Not(HasSubstr("relation")));
}

TEST_F(DispatcherChecks, ServicesByTheirCertificates) {
  const auto peer = server_.Service("probe-service");
  Answer answer = Ask(*peer, &Stub::ResolveProbe, ResolveProbeRequest(), {});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.probe.title(), "service:probe-service");

  std::string on_behalf_of;
  auth::PrincipalKind kind = auth::PrincipalKind::kCustomer;
  server_.set_on_call([&](const std::shared_ptr<Call>& call, const Reply<Probe>& reply) {
    on_behalf_of = call->context.on_behalf_of;
    kind = call->principal.kind;
    Probe probe;
    probe.set_title(call->context.principal);
    reply(probe);
  });
  const Metadata acting = {{"clientele-acting-principal", "app:x@partners/y"}, {"clientele-on-behalf-of", "anna"}};
  answer = Ask(*peer, &Stub::ResolveProbe, ResolveProbeRequest(), acting);
  EXPECT_EQ(answer.probe.title(), "app:x@partners/y");
  EXPECT_EQ(on_behalf_of, "anna");
  EXPECT_EQ(kind, auth::PrincipalKind::kPeer) << "permission is the peer's own";

  ExpectError(Ask(*peer, &Stub::ResolveProbe, ResolveProbeRequest(), {{"clientele-acting-principal", "a b"}}),
              absl::StatusCode::kInvalidArgument, "INVALID_METADATA");
  ExpectError(Ask(*peer, &Stub::GetProbe, Get(ProbeName()), acting), absl::StatusCode::kPermissionDenied,
              "PERMISSION_DENIED");
  // A token that is sent along decides: a gateway's certificate lifts nobody.
  ExpectError(Ask(*peer, &Stub::ResolveProbe, ResolveProbeRequest(), Bearer(server_.PartnerToken("global_admin"))),
              absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
  ExpectError(
      Ask(*anonymous_, &Stub::ResolveProbe, ResolveProbeRequest(), Bearer(server_.Token({{"kind", "operator"}}))),
      absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
  ExpectError(Ask(*server_.Service("probe-service", "other.local"), &Stub::ResolveProbe, ResolveProbeRequest(), {}),
              absl::StatusCode::kUnauthenticated, "NO_CREDENTIALS");
}

TEST_F(DispatcherChecks, AnotherTeamsServiceIsNoPeer) {
  const auto billing = server_.Service("billing");
  ExpectError(Ask(*billing, &Stub::ResolveProbe, ResolveProbeRequest(), {}), absl::StatusCode::kPermissionDenied,
              "PERMISSION_DENIED");
  // Nobody it names is believed.
  const Answer answer = Ask(*billing, &Stub::ReportProbe, testing::v1::ReportProbeRequest(),
                            {{"clientele-acting-principal", "operator:mallory"}});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.probe.title(), "service:billing");
}

TEST_F(DispatcherChecks, OneAnswerTellsWhatProtoAndDomainFind) {
  server_.set_check([](const UpdateProbeRequest& request) {
    return InvalidFields({{"probe.title", "as the domain sees it", "DOMAIN", ""},
                          {"probe.code", absl::StrCat("goes not with ", request.request_id()), "DOMAIN", "600050"}});
  });
  const std::string token = server_.PartnerToken("global_admin");
  UpdateProbeRequest request = Update(ProbeName());
  request.mutable_probe()->set_title("far too long for a title");
  request.set_request_id("x");
  const Answer answer = Ask(*anonymous_, &Stub::UpdateProbe, request, Bearer(token));
  ExpectError(answer, absl::StatusCode::kInvalidArgument, "INVALID_FIELD");
  const std::vector<FieldViolation> violations = FieldViolationsOf(answer.status);
  ASSERT_THAT(violations, SizeIs(3));
  EXPECT_EQ(violations[0].field, "probe.title");
  EXPECT_EQ(violations[0].reason, "TOO_LONG") << "a field is told once";
  EXPECT_EQ(violations[1].field, "request_id");
  EXPECT_EQ(violations[2].description, "goes not with x");
  EXPECT_EQ(MetadataOf(answer.status)["total"], "3");
  EXPECT_EQ(MetadataOf(answer.status)["pc_code"], "600050");
  // Where the proto's rules are kept the handler speaks for itself.
  EXPECT_TRUE(Ask(*anonymous_, &Stub::UpdateProbe, Update(ProbeName()), Bearer(token)).status.ok());
}

TEST(DispatcherScope, ACustomerReachesItsOwnOrganisationAlone) {
  DispatcherOptions options;
  absl::StatusOr<std::string> organisation = std::string(kCustomer);
  options.resolve_customer = [&](const auth::Principal& principal, absl::Time,
                                 const std::function<void(absl::StatusOr<std::string>)>& done) {
    EXPECT_EQ(principal.tenant_id, kPartner);
    done(organisation);
  };
  ProbeServer server(std::move(options));
  const auto stub = server.Anonymous();
  nlohmann::json claims = {{"kind", "customer"},
                           {"tenant_issuer", "https://directory.clientele.local/global"},
                           {"tenant_id", kPartner},
                           {"roles", {"global_admin"}}};
  EndProbeRequest request;
  request.set_name(ProbeName());
  const auto ask = [&] { return Ask(*stub, &Stub::EndProbe, request, Bearer(server.Token(claims))); };
  EXPECT_TRUE(ask().status.ok());
  organisation = std::string(kOtherPartner);
  ExpectError(ask(), absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND");
  organisation = NotFound("ORGANIZATION", "x");
  ExpectError(ask(), absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND");
  organisation = MakeError(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "away");
  ExpectError(ask(), absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE");
  organisation = std::string(kCustomer);
  claims["roles"] = nlohmann::json::array();
  ExpectError(ask(), absl::StatusCode::kPermissionDenied, "CUSTOMER_ROLE_REQUIRED");
}

TEST_F(DispatcherChecks, BytesThatAreNoRequestAreRefused) {
  const auto refused = [] { return CallsCounted("grpc_server_handled_total", "ResolveProbe", "InvalidArgument"); };
  const double before = refused();
  const std::shared_ptr<grpc::Channel> channel = server_.Channel("probe-service");
  const grpc::internal::RpcMethod method("/clientele.rpc.testing.v1.ProbeService/ResolveProbe",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Slice bytes("\xff\xff");
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  Answer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, Probe, grpc::ByteBuffer, Probe>(
      channel.get(), method, &context, grpc::ByteBuffer(&bytes, 1), &answer.probe);
  Finish(status, context, &answer);
  ExpectError(answer, absl::StatusCode::kInvalidArgument, "INVALID_MESSAGE");
  EXPECT_EQ(refused(), before + 1) << "it is counted like every call";
}

TEST_F(DispatcherChecks, ALargeRequestIsNotParsed) {
  const Metadata administrator = Bearer(server_.PartnerToken("global_admin"));
  // A string and what stands before it on the wire: a tag, and a length of three bytes.
  GetProbeRequest get = Get(std::string(kMaxRequest - 4, 'x'));
  ASSERT_EQ(get.ByteSizeLong(), kMaxRequest);
  ExpectError(Ask(*anonymous_, &Stub::GetProbe, get, administrator), absl::StatusCode::kInvalidArgument,
              "INVALID_FIELD");
  get.mutable_name()->push_back('x');
  const Answer answer = Ask(*anonymous_, &Stub::GetProbe, get, administrator);
  ExpectError(answer, absl::StatusCode::kInvalidArgument, "REQUEST_TOO_LARGE");
  EXPECT_THAT(std::string(answer.status.message()), HasSubstr("131073 bytes, of at most 131072"));
  // A batch may be larger.
  ListProbesRequest list;
  list.set_parent(std::string(2 * kMaxRequest, 'x'));
  ExpectError(Ask(*anonymous_, &Stub::ListProbes, list, administrator), absl::StatusCode::kInvalidArgument,
              "INVALID_FIELD");
}

TEST_F(DispatcherChecks, ACallWithoutARequestIsRefusedByGrpc) {
  const std::shared_ptr<grpc::Channel> channel = server_.Channel("probe-service");
  const grpc::internal::RpcMethod method("/clientele.rpc.testing.v1.ProbeService/ResolveProbe",
                                         grpc::internal::RpcMethod::BIDI_STREAMING);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  const std::unique_ptr<grpc::ClientReaderWriter<ResolveProbeRequest, Probe>> call(
      grpc::internal::ClientReaderWriterFactory<ResolveProbeRequest, Probe>::Create(channel.get(), method, &context));
  call->WritesDone();
  EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::INTERNAL);
}

}  // namespace
}  // namespace clientele::rpc
