#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "clientele/relationship/v1/partner_service.grpc.pb.h"
#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "clientele/relationship/v1/termination_hold_service.grpc.pb.h"
#include "common/events/feed_grpc.h"
#include "common/events/feed_service.h"
#include "common/events/retention.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/relationship/api/customer_relationships.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/partner_proto.h"
#include "services/relationship/api/partners.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/api/terminate_customer_relationship.h"
#include "services/relationship/api/termination_holds.h"
#include "services/relationship/workflows/customer_resolver.h"
#include "services/relationship/workflows/termination.h"

ABSL_FLAG(std::string, customer_target, "localhost:7411", "customer-service, as a gRPC target");
ABSL_FLAG(std::string, invitation_target, "localhost:7413", "invitation-service, as a gRPC target");

namespace clientele::migrations {
extern const std::vector<pg::Migration> kRelationship;
}  // namespace clientele::migrations

namespace clientele::relationship {
namespace {

template <class Resource>
std::string PackedForEvent(const Resource& resource) {
  return rpc::PackForEvent(ToProto(resource));
}

class RelationshipAssembly final : public service::Assembly {
 public:
  explicit RelationshipAssembly(service::Environment& environment)
      : customer_channel_(environment.channel(absl::GetFlag(FLAGS_customer_target))),
        invitation_channel_(environment.channel(absl::GetFlag(FLAGS_invitation_target))),
        accounts_(customer::v1::AccountService::NewStub(customer_channel_)),
        invitations_(invitation::v1::InvitationService::NewStub(invitation_channel_)),
        partners_(PackedForEvent<Partner>),
        relationships_(PackedForEvent<CustomerRelationship>),
        establishments_(PackedForEvent<CustomerRelationship>, environment.markets),
        holds_(PackedForEvent<TerminationHold>),
        partner_reads_(environment.executor, &PartnerStore::Fetch),
        relationship_reads_(environment.executor, &RelationshipStore::Fetch),
        resolver_(*accounts_, environment.clock),
        retention_(environment.clock, environment.executor),
        runner_({environment.replica}, environment.clock, environment.executor,
                {TerminationDefinition(*accounts_, *invitations_, relationships_)}),
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
    runner_.Start();
    retention_.Start();
  }

  void Stop() override {
    retention_.Stop();
    runner_.Stop();
  }

 private:
  rpc::DispatcherOptions DispatcherOptions(const service::Environment& environment) {
    rpc::DispatcherOptions options;
    options.service = "relationship";
    options.services = {v1::PartnerService::service_full_name(), v1::RelationshipService::service_full_name(),
                        v1::TerminationHoldService::service_full_name(), event::v1::EventService::service_full_name(),
                        audit::v1::AuditService::service_full_name()};
    options.trust = {environment.trust_domain, {"customer-service", "invitation-service"}};
    options.resolve_customer = [this](const auth::Principal& principal, absl::Time deadline,
                                      std::function<void(absl::StatusOr<std::string>)> done) {
      resolver_.Resolve(principal, deadline, std::move(done));
    };
    return options;
  }

  void AddServices(service::Environment& environment) {
    const rpc::PageTokens& tokens = environment.page_tokens;
    services_.push_back(MakePartnerService(
        dispatcher_,
        {CreatePartnerHandler(partners_, environment.markets, environment.cloud), GetPartnerHandler(partner_reads_),
         ListPartnersHandler(tokens), UpdatePartnerHandler(partners_, environment.cloud)}));
    services_.push_back(MakeRelationshipService(
        dispatcher_, {GetCustomerRelationshipHandler(relationship_reads_), ListCustomerRelationshipsHandler(tokens),
                      TerminateCustomerRelationshipHandler(relationships_, {kTerminationKind, FirstTerminationState},
                                                           runner_, environment.executor),
                      EstablishCustomerRelationshipsHandler(establishments_, environment.cloud),
                      WithdrawCustomerRelationshipHandler(relationships_)}));
    services_.push_back(MakeTerminationHoldService(
        dispatcher_, {UpsertTerminationHoldHandler(holds_), DeleteTerminationHoldHandler(holds_),
                      ListTerminationHoldsHandler(tokens)}));
    services_.push_back(events::MakeEventService(dispatcher_, events::ListEventsHandler(environment.executor)));
    services_.push_back(events::MakeAuditService(dispatcher_, events::ListAuditRecordsHandler(tokens)));
  }

  const std::shared_ptr<grpc::Channel> customer_channel_;
  const std::shared_ptr<grpc::Channel> invitation_channel_;
  const std::unique_ptr<customer::v1::AccountService::Stub> accounts_;
  const std::unique_ptr<invitation::v1::InvitationService::Stub> invitations_;
  const PartnerStore partners_;
  const RelationshipStore relationships_;
  const EstablishStore establishments_;
  const HoldStore holds_;
  PartnerReads partner_reads_;
  RelationshipReads relationship_reads_;
  CustomerResolver resolver_;
  events::Retention retention_;
  saga::Runner runner_;
  rpc::Dispatcher dispatcher_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace
}  // namespace clientele::relationship

int main(int argc, char** argv) {
  return clientele::service::Main(
      argc, argv,
      {"relationship", clientele::migrations::kRelationship, [](clientele::service::Environment& environment) {
         return std::make_unique<clientele::relationship::RelationshipAssembly>(environment);
       }});
}
