#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "clientele/relationship/v1/partner_service.grpc.pb.h"
#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "clientele/relationship/v1/termination_hold_service.grpc.pb.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/relationship/api/grpc_services.h"
#include "services/relationship/api/partner_proto.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/workflows/customer_resolver.h"
#include "services/relationship/workflows/termination.h"

ABSL_FLAG(std::string, customer_target, "localhost:7411", "customer-service, as a gRPC target");
ABSL_FLAG(std::string, invitation_target, "localhost:7413", "invitation-service, as a gRPC target");

namespace clientele::migrations {
extern const std::vector<pg::Migration> kRelationship;
}  // namespace clientele::migrations

namespace clientele::relationship {
namespace {

class RelationshipAssembly final : public service::Assembly {
 public:
  explicit RelationshipAssembly(service::Environment& environment)
      : Assembly(environment, {{"customer-service", "invitation-service"},
                               {v1::PartnerService::service_full_name(), v1::RelationshipService::service_full_name(),
                                v1::TerminationHoldService::service_full_name()},
                               {},
                               [this](const auth::Principal& principal, absl::Time deadline,
                                      std::function<void(absl::StatusOr<std::string>)> done) {
                                 resolver_.Resolve(principal, deadline, std::move(done));
                               }}),
        accounts_(environment.peer(absl::GetFlag(FLAGS_customer_target))),
        invitations_(environment.peer(absl::GetFlag(FLAGS_invitation_target))),
        partners_(rpc::PackedForEvent<Partner>),
        relationships_(rpc::PackedForEvent<CustomerRelationship>),
        establishments_(rpc::PackedForEvent<CustomerRelationship>, environment.markets),
        holds_(rpc::PackedForEvent<TerminationHold>),
        partner_reads_(environment.executor, &PartnerStore::Fetch),
        relationship_reads_(environment.executor, &RelationshipStore::Fetch),
        resolver_(accounts_, environment.clock),
        sagas_({environment.replica}, environment.clock, environment.executor,
               {TerminationDefinition(accounts_, invitations_, relationships_)}) {
    Run(sagas_);
    const Parts parts{partners_,
                      partner_reads_,
                      relationships_,
                      relationship_reads_,
                      establishments_,
                      holds_,
                      {kTerminationKind, FirstTerminationState},
                      sagas_,
                      environment.executor,
                      environment.page_tokens,
                      environment.markets,
                      environment.cloud};
    Serve(MakePartnerService(dispatcher(), parts));
    Serve(MakeRelationshipService(dispatcher(), parts));
    Serve(MakeTerminationHoldService(dispatcher(), parts));
  }

 private:
  const Accounts accounts_;
  const Invitations invitations_;
  const PartnerStore partners_;
  const RelationshipStore relationships_;
  const EstablishStore establishments_;
  const HoldStore holds_;
  PartnerReads partner_reads_;
  RelationshipReads relationship_reads_;
  CustomerResolver resolver_;
  saga::Runner sagas_;
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
