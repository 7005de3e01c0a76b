#include "services/customer/api/saga_state.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/domain/profile.h"

namespace clientele::customer {
namespace {

constexpr char kReason[] = "ROWS_REFUSED";

std::string DetailUrl() {
  return absl::StrCat("type.googleapis.com/", internal::v1::RefusedRows::descriptor()->full_name());
}

template <class Message>
void PutTenants(const Customer& customer, Message& message) {
  for (const DirectoryTenant& tenant : customer.directory_tenants) {
    type::v1::DirectoryTenant& one = *message.add_directory_tenants();
    one.set_issuer(tenant.issuer);
    one.set_tenant_id(tenant.tenant_id);
  }
}

}  // namespace

pg::SagaStart StartCreation(const CallContext& call, const Customer& customer, const std::string& owner) {
  internal::v1::CreateCustomerState state;
  state.set_partner(customer.name.partner);
  state.set_customer(customer.name.customer);
  state.set_country(CountryOf(customer));
  PutTenants(customer, state);
  return {Uuid::NewV7(call.now).ToString(), kCreateSaga, CustomerName(customer.name), state.SerializeAsString(), owner};
}

pg::SagaStart StartImport(const std::string& id, const std::string& partner, const std::string& source,
                          const std::optional<absl::Time>& list_time, const std::vector<ImportedAccount>& accounts,
                          const std::string& owner) {
  internal::v1::ImportCustomersState state;
  state.set_partner(partner);
  state.set_source(source);
  if (list_time.has_value()) *state.mutable_list_time() = ToTimestamp(*list_time);
  for (const ImportedAccount& imported : accounts) {
    internal::v1::ImportedRow& row = *state.add_rows();
    row.set_row(imported.row);
    row.set_customer(imported.account->name.customer);
    row.set_country(CountryOf(*imported.account));
    PutTenants(*imported.account, row);
  }
  return {id, kImportSaga, absl::StrCat(PartnerName(partner), "/customerImports/", id), state.SerializeAsString(),
          owner};
}

absl::Status RowsRefused(const internal::v1::RefusedRows& refused, int total) {
  absl::Status outcome = MakeError(absl::StatusCode::kFailedPrecondition, kReason,
                                   absl::StrCat(refused.rows_size(), " of ", total, " rows were refused"));
  outcome.SetPayload(DetailUrl(), absl::Cord(refused.SerializeAsString()));
  return outcome;
}

bool AreRowsRefused(const absl::Status& outcome) { return ReasonOf(outcome) == kReason; }

std::map<int, google::rpc::Status> RefusedRowsOf(const absl::Status& outcome) {
  std::map<int, google::rpc::Status> refusals;
  const auto payload = outcome.GetPayload(DetailUrl());
  internal::v1::RefusedRows refused;
  if (!payload.has_value() || !refused.ParseFromString(std::string(*payload))) return refusals;
  for (const internal::v1::RefusedRow& row : refused.rows()) refusals[row.row()] = row.refusal();
  return refusals;
}

}  // namespace clientele::customer
