#include <curl/curl.h>
#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/auth/keys.h"
#include "common/events/feed_client.h"
#include "common/events/feed_grpc.h"
#include "common/events/feed_service.h"
#include "common/events/projection.h"
#include "common/events/retention.h"
#include "common/market/domain_name.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/invitation/api/answer_invitation.h"
#include "services/invitation/api/cancel_customer_invitations.h"
#include "services/invitation/api/create_invitation.h"
#include "services/invitation/api/invitation_grpc.h"
#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/api/read_invitation.h"
#include "services/invitation/api/send_invitation.h"
#include "services/invitation/workflows/accept_saga.h"
#include "services/invitation/workflows/invitation_clock.h"
#include "services/invitation/workflows/linked_customer.h"
#include "services/invitation/workflows/mail_dispatch.h"
#include "services/invitation/workflows/partner_facts.h"
#include "services/invitation/workflows/peers.h"

ABSL_FLAG(std::string, customer_target, "localhost:7411", "customer-service, as a gRPC target");
ABSL_FLAG(std::string, relationship_target, "localhost:7412", "relationship-service, as a gRPC target");
ABSL_FLAG(std::string, invitation_token_keys_file, "",
          "Keys that sign invitation links: lines of a key id and 32 or more bytes in base64. The first signs; a link "
          "works as long as its key stands here.");
ABSL_FLAG(std::string, accept_url, "https://portal.example/accept?token=", "What a link's token is appended to.");
ABSL_FLAG(std::string, smtp_url, "smtp://127.0.0.1:7425",
          "Mail server: smtp://host:port, or smtps:// for TLS at once.");
ABSL_FLAG(std::string, smtp_tls, "required",
          "required: no mail leaves over a connection in the clear; none: the mail server has no TLS.");
ABSL_FLAG(std::string, smtp_ca_file, "",
          "Authorities that the mail server's certificate is held against; empty: the system's.");
ABSL_FLAG(std::string, mail_from, "invitations@clientele.example", "Address that mails come from.");
ABSL_FLAG(std::string, templates_directory, "deploy/mail", "Mail templates by language.");

namespace clientele::migrations {
extern const std::vector<pg::Migration> kInvitation;
}  // namespace clientele::migrations

namespace clientele::invitation {
namespace {

constexpr char kRelationship[] = "relationship";

// What this service reads before it can start.
struct Configuration {
  InvitationTokens tokens;
  MailTemplates templates;
  MailDispatchOptions mail;
};

absl::StatusOr<Configuration> Configure(const service::Environment& environment) {
  auto keys = auth::SigningKeys::Load(absl::GetFlag(FLAGS_invitation_token_keys_file));
  if (!keys.ok()) return keys.status();
  auto templates = MailTemplates::Load(absl::GetFlag(FLAGS_templates_directory));
  if (!templates.ok()) return templates.status();
  MailDispatchOptions mail;
  mail.sender = absl::GetFlag(FLAGS_mail_from);
  std::vector<FieldViolation> violations;
  if (!market::CheckEmailAddress("--mail_from", mail.sender, &violations).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("--mail_from=", mail.sender, ": ", violations[0].description));
  }
  const std::string tls = absl::GetFlag(FLAGS_smtp_tls);
  if (tls != "required" && tls != "none") {
    return absl::InvalidArgumentError(absl::StrCat("--smtp_tls=", tls, ": expected required or none"));
  }
  mail.smtp.url = absl::GetFlag(FLAGS_smtp_url);
  mail.smtp.require_tls = tls == "required";
  mail.smtp.ca_file = absl::GetFlag(FLAGS_smtp_ca_file);
  return Configuration{InvitationTokens(*std::move(keys), environment.cell, absl::GetFlag(FLAGS_accept_url)),
                       *std::move(templates), std::move(mail)};
}

std::string PackedForEvent(const Invitation& invitation) { return rpc::PackForEvent(ToProto(invitation)); }

class InvitationAssembly final : public service::Assembly {
 public:
  InvitationAssembly(service::Environment& environment, Configuration configuration)
      : customer_channel_(environment.channel(absl::GetFlag(FLAGS_customer_target))),
        relationship_channel_(environment.channel(absl::GetFlag(FLAGS_relationship_target))),
        peers_(MakePeers(customer_channel_, relationship_channel_)),
        configuration_(std::move(configuration)),
        invitations_(PackedForEvent),
        reads_(environment.executor, &InvitationStore::Fetch),
        batch_(PackedForEvent),
        mails_(environment.replica, PackedForEvent),
        partners_({kRelationship, 500}, environment.executor,
                  events::FetchFrom(relationship_channel_, {kPartnerEvents}), ApplyPartnerEvent),
        retention_(environment.clock, environment.executor),
        sagas_({environment.replica}, environment.clock, environment.executor,
               {AcceptSaga(invitations_, peers_, environment.clock)}),
        dispatch_(configuration_.mail, environment.clock, environment.executor, mails_, configuration_.templates,
                  configuration_.tokens),
        clock_({}, environment.clock, environment.executor, batch_, mails_, [this] { dispatch_.Kick(); }),
        dispatcher_(DispatcherOptions(environment), environment.clock, environment.tokens, environment.executor) {
    AddServices(environment);
  }

  std::vector<grpc::Service*> services() override {
    std::vector<grpc::Service*> services;
    for (const auto& service : services_) services.push_back(service.get());
    return services;
  }

  rpc::Dispatcher& dispatcher() override { return dispatcher_; }

  void Start() override {
    partners_.Start();
    sagas_.Start();
    retention_.Start();
    dispatch_.Start();
    clock_.Start();
  }

  void Stop() override {
    clock_.Stop();
    dispatch_.Stop();
    retention_.Stop();
    sagas_.Stop();
    partners_.Stop();
  }

 private:
  rpc::DispatcherOptions DispatcherOptions(const service::Environment& environment) {
    rpc::DispatcherOptions options;
    options.service = "invitation";
    options.services = {v1::InvitationService::service_full_name(), event::v1::EventService::service_full_name(),
                        audit::v1::AuditService::service_full_name()};
    options.trust = {environment.trust_domain, {"relationship-service"}};
    options.wait_for = [this](const Consistency& wanted, absl::Time deadline, std::function<void(absl::Status)> done) {
      const auto position = wanted.find(kRelationship);
      if (position == wanted.end()) return done(absl::OkStatus());
      partners_.WaitFor(position->second, deadline, std::move(done));
    };
    return options;
  }

  void AddServices(service::Environment& environment) {
    const rpc::PageTokens& pages = environment.page_tokens;
    const InvitationTokens& tokens = configuration_.tokens;
    const SendingDeps sending{invitations_, tokens, environment.cloud, [this] { dispatch_.Kick(); }};
    const AnswerDeps answering{invitations_,         tokens, environment.markets,
                               environment.executor, sagas_, StartAcceptSaga(environment.replica, environment.cloud)};
    services_.push_back(MakeInvitationService(
        dispatcher_,
        {CreateInvitationHandler(invitations_, environment.cloud, environment.executor,
                                 FindLinkedCustomerThrough(peers_)),
         GetInvitationHandler(reads_, tokens), ListInvitationsHandler(pages), SendInvitationHandler(sending),
         ResendInvitationHandler(sending), CancelInvitationHandler(sending), LookupInvitationHandler(answering),
         AcceptInvitationHandler(answering), DeclineInvitationHandler(answering),
         CancelCustomerInvitationsHandler(batch_, environment.cloud)}));
    services_.push_back(events::MakeEventService(dispatcher_, events::ListEventsHandler(environment.executor)));
    services_.push_back(events::MakeAuditService(dispatcher_, events::ListAuditRecordsHandler(pages)));
  }

  const std::shared_ptr<grpc::Channel> customer_channel_;
  const std::shared_ptr<grpc::Channel> relationship_channel_;
  const Peers peers_;
  const Configuration configuration_;
  const InvitationStore invitations_;
  InvitationReads reads_;
  const InvitationBatch batch_;
  const MailQueue mails_;
  events::Projection partners_;
  events::Retention retention_;
  saga::Runner sagas_;
  MailDispatch dispatch_;
  InvitationClock clock_;
  rpc::Dispatcher dispatcher_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

absl::StatusOr<std::unique_ptr<service::Assembly>> Assemble(service::Environment& environment) {
  absl::StatusOr<Configuration> configuration = Configure(environment);
  if (!configuration.ok()) return configuration.status();
  return std::make_unique<InvitationAssembly>(environment, *std::move(configuration));
}

}  // namespace
}  // namespace clientele::invitation

int main(int argc, char** argv) {
  // Before there are threads.
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return clientele::service::Main(argc, argv,
                                  {"invitation", clientele::migrations::kInvitation, clientele::invitation::Assemble});
}
