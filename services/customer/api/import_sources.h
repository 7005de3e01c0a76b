#pragma once

#include "clientele/customer/v1/import_source_service.pb.h"
#include "common/rpc/call.h"
#include "services/customer/storage/import_source_store.h"

namespace clientele::customer {

absl::Status CheckCreateImportSource(const rpc::Call& call, const v1::CreateImportSourceRequest& request);
absl::StatusOr<v1::ImportSource> CreateImportSource(pg::Session& session, rpc::Call& call,
                                                    const v1::CreateImportSourceRequest& request,
                                                    const ImportSourceStore& sources);
absl::StatusOr<v1::ImportSource> GetImportSource(pg::Session& session, rpc::Call& call,
                                                 const v1::GetImportSourceRequest& request,
                                                 const ImportSourceStore& sources);

}  // namespace clientele::customer
