#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "clientele/customer/internal/v1/saga_state.pb.h"
#include "common/core/call_context.h"
#include "common/pg/command.h"
#include "services/customer/domain/customer.h"

// What the sagas of this service begin with, and what they end with beside a status.
namespace clientele::customer {

inline constexpr char kCreateSaga[] = "customer.create";
inline constexpr char kImportSaga[] = "customer.import";

// The saga that creates `customer` (PROVISIONING, with its id) for `call`, first run by `owner`.
pg::SagaStart StartCreation(const CallContext& call, const Customer& customer, const std::string& owner);

// The saga `id` that imports some rows of a list.
struct ImportedAccount {
  int row = 0;  // its place in the request
  const Customer* account = nullptr;
};
pg::SagaStart StartImport(const std::string& id, const std::string& partner, const std::string& source,
                          const std::optional<absl::Time>& list_time, const std::vector<ImportedAccount>& accounts,
                          const std::string& owner);

// The outcome of an import of which some rows were refused, and the refusals in such an outcome.
absl::Status RowsRefused(const internal::v1::RefusedRows& refused, int total);
bool AreRowsRefused(const absl::Status& outcome);
std::map<int, google::rpc::Status> RefusedRowsOf(const absl::Status& outcome);

}  // namespace clientele::customer
