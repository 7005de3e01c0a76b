#include "services/customer/domain/import_source.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "services/customer/domain/names.h"

namespace clientele::customer {
namespace {

absl::Status NotSource(const std::string& caller, const std::string& named, const std::string& partner,
                       const std::string& message) {
  return MakeError(absl::StatusCode::kPermissionDenied, "NOT_IMPORT_SOURCE", message,
                   {{"principal", caller}, {"source", named}, {"partner", PartnerName(partner)}});
}

bool SpeaksFor(const ImportSource& source, const std::string& partner) {
  return std::any_of(source.partners.begin(), source.partners.end(),
                     [&](const std::string& one) { return one == kAllPartners || one == partner; });
}

bool IsPartners(const auth::Principal& caller) {
  return caller.kind == auth::PrincipalKind::kPartnerUser || caller.kind == auth::PrincipalKind::kPartnerApplication;
}

}  // namespace

absl::Status CheckNewSource(const ImportSource& source) {
  std::vector<FieldViolation> violations;
  std::set<std::string> seen;
  for (size_t i = 0; i < source.partners.size(); ++i) {
    const std::string field = absl::StrCat("import_source.partners[", i, "]");
    if (source.partners[i] == kAllPartners && source.partners.size() > 1) {
      violations.push_back({field, "partners/- stands alone: it is all of them", "ALL_PARTNERS", ""});
    } else if (!seen.insert(source.partners[i]).second) {
      violations.push_back({field, "stands twice", "DUPLICATE", ""});
    }
  }
  return InvalidFields(violations);
}

absl::StatusOr<Vouching> Vouch(const auth::Principal& caller, const std::string& partner, const std::string& named,
                               const std::optional<ImportSource>& source, const market::Cloud& cloud) {
  Vouching vouching;
  vouching.tenant_issuer = cloud.directory_issuer();
  if (named.empty()) {
    if (IsPartners(caller)) return vouching;
    if (caller.kind != auth::PrincipalKind::kOperator) {
      return NotSource(caller.name, named, partner, "name the import source that vouches for the list");
    }
    vouching.vouched = true;
    vouching.by = caller.name;
    return vouching;
  }
  if (!source.has_value()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "IMPORT_SOURCE_UNKNOWN",
                     absl::StrCat(named, " is not registered"), {{"source", named}});
  }
  if (caller.kind != auth::PrincipalKind::kOperator && caller.name != source->principal) {
    return NotSource(caller.name, named, partner, absl::StrCat("the caller does not speak for ", named));
  }
  if (!SpeaksFor(*source, partner)) {
    return NotSource(caller.name, named, partner, absl::StrCat(named, " does not speak for ", PartnerName(partner)));
  }
  vouching.vouched = true;
  vouching.by = named;
  vouching.source = named;
  if (!source->tenant_issuer.empty()) vouching.tenant_issuer = source->tenant_issuer;
  return vouching;
}

}  // namespace clientele::customer
