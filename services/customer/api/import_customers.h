#pragma once

#include "services/customer/api/create_customer.h"
#include "services/customer/storage/import_source_store.h"

namespace clientele::customer {

// `sources` outlives the handler.
rpc::Handler<v1::BatchImportCustomersRequest, v1::BatchImportCustomersResponse> BatchImportCustomersHandler(
    Provisioning parts, const ImportSourceStore& sources);

}  // namespace clientele::customer
