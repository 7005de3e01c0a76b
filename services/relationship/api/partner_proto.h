#pragma once

#include <string>
#include <vector>

#include "clientele/relationship/v1/partner.pb.h"
#include "clientele/type/v1/directory_tenant.pb.h"
#include "common/core/error.h"
#include "common/market/cloud.h"
#include "services/relationship/domain/partner.h"

namespace clientele::relationship {

v1::Partner ToProto(const Partner& partner);
// Into an empty message.
void Put(const Partner& partner, v1::Partner& proto);

// The values at `paths` (top-level fields of Partner), each checked; what is wrong is added to `violations`.
PartnerPatch PatchOf(const v1::Partner& partner, const std::vector<std::string>& paths, const market::Cloud& cloud,
                     std::vector<FieldViolation>* violations);

DirectoryTenant TenantOf(const type::v1::DirectoryTenant& tenant, const market::Cloud& cloud);

}  // namespace clientele::relationship
