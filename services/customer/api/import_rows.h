#pragma once

#include <optional>
#include <vector>

#include "clientele/customer/v1/customer_service.pb.h"
#include "services/customer/domain/import.h"
#include "services/customer/storage/provisioning_store.h"

namespace clientele::customer {

// A list, each row judged by itself: rows that pass are in `rows`, the others have their outcome already.
struct CheckedRows {
  std::vector<std::optional<ImportRow>> rows;  // one a row of the request; nullopt where it was refused
  std::vector<v1::ImportOutcome> outcomes;     // one a row of the request; unspecified where it is still open
  std::vector<size_t> open;                    // places of the open ones
  std::vector<RowKeys> keys;                   // of the open ones
};

CheckedRows CheckRows(const v1::BatchImportCustomersRequest& request, const Vouching& vouching, const Policy& policy);

v1::ImportOutcome Refused(const absl::Status& refusal);
v1::ImportOutcome Taken(v1::ImportResult result, const AccountName& name);

}  // namespace clientele::customer
