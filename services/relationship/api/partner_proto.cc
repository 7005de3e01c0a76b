#include "services/relationship/api/partner_proto.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/relationship/api/timestamps.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {

void Put(const Partner& partner, v1::Partner& proto) {
  proto.set_name(PartnerName(partner.id));
  proto.set_display_name(partner.display_name);
  proto.set_mpn_id(partner.mpn_id);
  proto.set_country(partner.country);
  proto.set_region(partner.region);
  for (const PartnerKind kind : partner.kinds) proto.add_kinds(static_cast<v1::PartnerKind>(kind));
  proto.set_agreement_state(static_cast<v1::AgreementState>(partner.agreement_state));
  if (partner.directory_tenant.has_value()) {
    proto.mutable_directory_tenant()->set_issuer(partner.directory_tenant->issuer);
    proto.mutable_directory_tenant()->set_tenant_id(partner.directory_tenant->tenant_id);
  }
  proto.set_revision(partner.revision);
  proto.set_etag(EtagOf(partner.revision));
  *proto.mutable_create_time() = ToTimestamp(partner.create_time);
  *proto.mutable_update_time() = ToTimestamp(partner.update_time);
}

v1::Partner ToProto(const Partner& partner) {
  v1::Partner proto;
  Put(partner, proto);
  return proto;
}

PartnerPatch PatchOf(const v1::Partner& partner, const std::vector<std::string>& paths, const market::Cloud& cloud,
                     std::vector<FieldViolation>* violations) {
  const auto names = [&](const char* field) { return std::find(paths.begin(), paths.end(), field) != paths.end(); };
  PartnerPatch patch;
  if (names("display_name")) patch.display_name = partner.display_name();
  if (names("mpn_id")) patch.mpn_id = partner.mpn_id();
  if (names("kinds")) {
    std::vector<PartnerKind> kinds;
    for (const int kind : partner.kinds()) kinds.push_back(static_cast<PartnerKind>(kind));
    CheckKinds("partner.kinds", kinds, cloud, violations);
    patch.kinds.emplace(kinds.begin(), kinds.end());
  }
  if (names("agreement_state")) patch.agreement_state = static_cast<AgreementState>(partner.agreement_state());
  if (names("directory_tenant")) {
    patch.directory_tenant.emplace();
    if (partner.has_directory_tenant()) *patch.directory_tenant = TenantOf(partner.directory_tenant(), cloud);
  }
  for (const std::string& path : paths) {
    if (path.find('.') == std::string::npos) continue;
    violations->push_back({"update_mask", absl::StrCat(path, ": a tenant is set as a whole"), "PATH", ""});
  }
  return patch;
}

DirectoryTenant TenantOf(const type::v1::DirectoryTenant& tenant, const market::Cloud& cloud) {
  return InDirectory({tenant.issuer(), tenant.tenant_id()}, cloud);
}

}  // namespace clientele::relationship
