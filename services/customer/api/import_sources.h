#pragma once

#include "clientele/customer/v1/import_source_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/storage/import_source_store.h"

// `sources` outlives the handlers.
namespace clientele::customer {

rpc::Handler<v1::CreateImportSourceRequest, v1::ImportSource> CreateImportSourceHandler(
    const ImportSourceStore& sources);

rpc::Handler<v1::GetImportSourceRequest, v1::ImportSource> GetImportSourceHandler(const ImportSourceStore& sources);

}  // namespace clientele::customer
