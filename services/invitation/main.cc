#include <curl/curl.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/auth/keys.h"
#include "common/events/feed_client.h"
#include "common/market/domain_name.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/invitation/api/grpc_services.h"
#include "services/invitation/api/invitation_proto.h"
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

class InvitationAssembly final : public service::Assembly {
 public:
  InvitationAssembly(service::Environment& environment, Configuration configuration)
      : Assembly(environment, {{"relationship-service"},
                               {v1::InvitationService::service_full_name()},
                               {{kRelationship, &partners_}},
                               nullptr}),
        relationship_(environment.peer(absl::GetFlag(FLAGS_relationship_target))),
        peers_(MakePeers(environment.peer(absl::GetFlag(FLAGS_customer_target)), relationship_)),
        configuration_(std::move(configuration)),
        invitations_(rpc::PackedForEvent<Invitation>),
        reads_(environment.executor, &InvitationStore::Fetch),
        batch_(rpc::PackedForEvent<Invitation>),
        mails_(environment.replica, rpc::PackedForEvent<Invitation>),
        partners_({kRelationship, 500}, environment.executor, events::FetchFrom(relationship_, {kPartnerEvents}),
                  ApplyPartnerEvent),
        sagas_({environment.replica}, environment.clock, environment.executor,
               {AcceptSaga(invitations_, peers_, environment.clock)}),
        dispatch_(configuration_.mail, environment.clock, environment.executor, mails_, configuration_.templates,
                  configuration_.tokens),
        clock_({}, environment.clock, environment.executor, batch_, mails_, [this] { dispatch_.Kick(); }) {
    Run(partners_);
    Run(sagas_);
    Run(dispatch_);
    Run(clock_);
    const InvitationTokens& tokens = configuration_.tokens;
    const market::Cloud& cloud = environment.cloud;
    Serve(MakeInvitationService(dispatcher(), {invitations_,
                                               reads_,
                                               batch_,
                                               tokens,
                                               environment.page_tokens,
                                               cloud,
                                               environment.executor,
                                               FindLinkedCustomerThrough(peers_),
                                               {invitations_, tokens, cloud, [this] { dispatch_.Kick(); }},
                                               {invitations_, tokens, environment.markets, environment.executor, sagas_,
                                                StartAcceptSaga(environment.replica, cloud)}}));
  }

 private:
  const rpc::PeerChannel relationship_;
  const Peers peers_;
  const Configuration configuration_;
  const InvitationStore invitations_;
  InvitationReads reads_;
  const InvitationBatch batch_;
  const MailQueue mails_;
  events::Projection partners_;
  saga::Runner sagas_;
  MailDispatch dispatch_;
  InvitationClock clock_;
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
