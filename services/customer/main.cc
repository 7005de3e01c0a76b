#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "clientele/customer/v1/import_source_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/events/feed_client.h"
#include "common/events/feed_grpc.h"
#include "common/events/feed_service.h"
#include "common/events/projection.h"
#include "common/events/retention.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/service/binary.h"
#include "services/customer/api/accounts.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/api/import_customers.h"
#include "services/customer/api/import_sources.h"
#include "services/customer/api/read_customers.h"
#include "services/customer/api/update_customer.h"
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
      : relationship_channel_(environment.channel(absl::GetFlag(FLAGS_relationship_target))),
        policy_{environment.markets, environment.cloud},
        customers_([](const Customer& customer) { return rpc::PackForEvent(ToProto(customer)); }),
        provisioning_([](const Customer& customer) { return rpc::PackForEvent(ToProto(customer)); }),
        sources_([](const ImportSource& source) { return rpc::PackForEvent(ToProto(source)); }),
        reads_(environment.executor, &CustomerStore::Fetch),
        relationships_({kRelationship, 500}, environment.executor,
                       events::FetchFrom(relationship_channel_, {"partner.", "relationship."}), ApplyRelationshipEvent),
        retention_(environment.clock, environment.executor),
        sagas_({environment.replica}, environment.clock, environment.executor,
               {CreateCustomerSaga(provisioning_, EstablishOver(relationship_channel_)),
                ImportCustomersSaga(provisioning_, EstablishOver(relationship_channel_))}),
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
    relationships_.Start();
    sagas_.Start();
    retention_.Start();
  }

  void Stop() override {
    retention_.Stop();
    sagas_.Stop();
    relationships_.Stop();
  }

 private:
  rpc::DispatcherOptions DispatcherOptions(const service::Environment& environment) {
    rpc::DispatcherOptions options;
    options.service = "customer";
    options.trust = {environment.trust_domain, {"relationship-service", "invitation-service"}};
    options.services = {v1::CustomerService::service_full_name(), v1::ImportSourceService::service_full_name(),
                        v1::AccountService::service_full_name(), event::v1::EventService::service_full_name(),
                        audit::v1::AuditService::service_full_name()};
    options.wait_for = [this](const Consistency& wanted, absl::Time deadline, std::function<void(absl::Status)> done) {
      const auto position = wanted.find(kRelationship);
      if (position == wanted.end()) return done(absl::OkStatus());
      relationships_.WaitFor(position->second, deadline, std::move(done));
    };
    return options;
  }

  void AddServices(service::Environment& environment) {
    const rpc::PageTokens& tokens = environment.page_tokens;
    const Provisioning parts{provisioning_, reads_, sagas_, environment.executor, policy_};
    services_.push_back(MakeCustomerService(
        dispatcher_, {CreateCustomerHandler(parts), GetCustomerHandler(reads_), ListCustomersHandler(tokens),
                      UpdateCustomerHandler(customers_, policy_), BatchImportCustomersHandler(parts, sources_),
                      CheckDomainAvailabilityHandler(policy_)}));
    services_.push_back(
        MakeImportSourceService(dispatcher_, {CreateImportSourceHandler(sources_), GetImportSourceHandler(sources_)}));
    services_.push_back(MakeAccountService(
        dispatcher_, {ResolveOrganizationHandler(policy_), UpsertCustomerAccountHandler(customers_, policy_),
                      EndCustomerAccountHandler(customers_)}));
    services_.push_back(events::MakeEventService(dispatcher_, events::ListEventsHandler(environment.executor)));
    services_.push_back(events::MakeAuditService(dispatcher_, events::ListAuditRecordsHandler(tokens)));
  }

  const std::shared_ptr<grpc::Channel> relationship_channel_;
  const Policy policy_;
  const CustomerStore customers_;
  const ProvisioningStore provisioning_;
  const ImportSourceStore sources_;
  CustomerReads reads_;
  events::Projection relationships_;
  events::Retention retention_;
  saga::Runner sagas_;
  rpc::Dispatcher dispatcher_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace
}  // namespace clientele::customer

int main(int argc, char** argv) {
  return clientele::service::Main(
      argc, argv, {"customer", clientele::migrations::kCustomer, [](clientele::service::Environment& environment) {
                     return std::make_unique<clientele::customer::CustomerAssembly>(environment);
                   }});
}
