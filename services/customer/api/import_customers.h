#pragma once

#include <memory>

#include "services/customer/api/create_customer.h"
#include "services/customer/storage/import_source_store.h"

namespace clientele::customer {

absl::Status CheckBatchImportCustomers(const rpc::Call& call, const v1::BatchImportCustomersRequest& request);
void BatchImportCustomers(const std::shared_ptr<rpc::Call>& call,
                          const std::shared_ptr<const v1::BatchImportCustomersRequest>& request,
                          const rpc::Reply<v1::BatchImportCustomersResponse>& reply, Provisioning parts,
                          const ImportSourceStore& sources);

}  // namespace clientele::customer
