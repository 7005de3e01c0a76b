#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "clientele/customer/v1/import_source_service.grpc.pb.h"
#include "common/events/feed_client.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/workflows/provisioning_sagas.h"
#include "services/customer/workflows/relationship_client.h"
#include "services/customer/workflows/relationship_copy.h"

ABSL_FLAG(std::string, relationship_target, "localhost:7412", "relationship-service, as a gRPC target");

namespace clientele::migrations {
extern const std::vector<pg::Migration> kCustomer;
}  // namespace clientele::migrations

namespace clientele::customer {
namespace {

constexpr char kRelationship[] = "relationship";

class CustomerAssembly final : public service::Assembly {
 public:
  explicit CustomerAssembly(service::Environment& environment)
      : Assembly(environment, {{"relationship-service", "invitation-service"},
                               {v1::CustomerService::service_full_name(), v1::ImportSourceService::service_full_name(),
                                v1::AccountService::service_full_name()},
                               {{kRelationship, &relationships_}},
                               nullptr}),
        relationship_(environment.peer(absl::GetFlag(FLAGS_relationship_target))),
        customers_(rpc::PackedForEvent<Customer>),
        provisioning_(rpc::PackedForEvent<Customer>),
        sources_(rpc::PackedForEvent<ImportSource>),
        reads_(environment.executor, &CustomerStore::Fetch),
        relationships_({kRelationship, 500}, environment.executor,
                       events::FetchFrom(relationship_, {"partner.", "relationship."}), ApplyRelationshipEvent),
        sagas_({environment.replica}, environment.clock, environment.executor,
               {CreateCustomerSaga(provisioning_, EstablishAt(relationship_)),
                ImportCustomersSaga(provisioning_, EstablishAt(relationship_))}) {
    Run(relationships_);
    Run(sagas_);
    const Policy policy{environment.markets, environment.cloud};
    const Parts parts{
        customers_, sources_, environment.page_tokens, {provisioning_, reads_, sagas_, environment.executor, policy}};
    Serve(MakeCustomerService(dispatcher(), parts));
    Serve(MakeImportSourceService(dispatcher(), parts));
    Serve(MakeAccountService(dispatcher(), parts));
  }

 private:
  const rpc::PeerChannel relationship_;
  const CustomerStore customers_;
  const ProvisioningStore provisioning_;
  const ImportSourceStore sources_;
  CustomerReads reads_;
  events::Projection relationships_;
  saga::Runner sagas_;
};

}  // namespace
}  // namespace clientele::customer

int main(int argc, char** argv) {
  return clientele::service::Main(
      argc, argv, {"customer", clientele::migrations::kCustomer, [](clientele::service::Environment& environment) {
                     return std::make_unique<clientele::customer::CustomerAssembly>(environment);
                   }});
}
