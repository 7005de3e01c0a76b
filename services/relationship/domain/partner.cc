#include "services/relationship/domain/partner.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

struct KindNames {
  PartnerKind kind;
  const char* word;    // of the contract
  const char* policy;  // of the cell's policy file
};
constexpr KindNames kKinds[] = {
    {PartnerKind::kDirectBill, "DIRECT_BILL", "direct_bill"},
    {PartnerKind::kIndirectProvider, "INDIRECT_PROVIDER", "indirect_provider"},
    {PartnerKind::kIndirectReseller, "INDIRECT_RESELLER", "indirect_reseller"},
};

std::string Words(const std::set<PartnerKind>& kinds) {
  return absl::StrJoin(kinds, "+", [](std::string* out, PartnerKind kind) {
    for (const KindNames& names : kKinds) {
      if (names.kind == kind) absl::StrAppend(out, names.word);
    }
  });
}

bool IsDual(const std::set<PartnerKind>& kinds) {
  return kinds.count(PartnerKind::kDirectBill) > 0 && kinds.count(PartnerKind::kIndirectReseller) > 0;
}

// A direct bill partner that enrolled as a reseller keeps both profiles for good.
bool KindsMayBecome(const std::set<PartnerKind>& current, const std::set<PartnerKind>& next) {
  return !IsDual(current) || IsDual(next);
}

template <class T>
void Set(const char* field, const std::optional<T>& wanted, T& value, std::vector<std::string>& changed_fields) {
  if (!wanted.has_value() || *wanted == value) return;
  value = *wanted;
  changed_fields.emplace_back(field);
}

void Apply(const PartnerPatch& patch, Partner& partner, std::vector<std::string>& changed_fields) {
  Set("display_name", patch.display_name, partner.display_name, changed_fields);
  Set("mpn_id", patch.mpn_id, partner.mpn_id, changed_fields);
  Set("kinds", patch.kinds, partner.kinds, changed_fields);
  Set("agreement_state", patch.agreement_state, partner.agreement_state, changed_fields);
  Set("directory_tenant", patch.directory_tenant, partner.directory_tenant, changed_fields);
}

}  // namespace

void CheckKinds(const std::string& field, const std::vector<PartnerKind>& kinds, const market::Cloud& cloud,
                std::vector<FieldViolation>* violations) {
  for (size_t i = 0; i < kinds.size(); ++i) {
    for (const KindNames& names : kKinds) {
      if (names.kind != kinds[i] || cloud.AllowsPartnerKind(names.policy)) continue;
      violations->push_back({absl::StrCat(field, "[", i, "]"),
                             absl::StrCat("the cloud ", cloud.cell(), " has no ", names.word, " partners"),
                             "NOT_IN_CLOUD", ""});
    }
  }
}

DirectoryTenant InDirectory(DirectoryTenant tenant, const market::Cloud& cloud) {
  if (tenant.issuer.empty()) tenant.issuer = cloud.directory_issuer();
  return tenant;
}

Revision<Partner> Register(const std::string& id, const market::Market& market, const PartnerPatch& patch,
                           absl::Time now) {
  Partner partner;
  partner.id = id;
  partner.country = market.country;
  partner.region = market.csp_region;
  partner.revision = 1;
  partner.create_time = now;
  partner.update_time = now;
  std::vector<std::string> applied;
  Apply(patch, partner, applied);
  std::vector<std::string> set_fields = {"display_name", "mpn_id", "country", "region", "kinds", "agreement_state"};
  if (partner.directory_tenant.has_value()) set_fields.emplace_back("directory_tenant");
  return {std::move(partner), "partner.created", std::move(set_fields)};
}

absl::StatusOr<Revision<Partner>> Revise(const Partner& current, const PartnerPatch& patch, absl::Time now) {
  if (patch.kinds.has_value() && !KindsMayBecome(current.kinds, *patch.kinds)) {
    return InvalidTransition(PartnerName(current.id), Words(current.kinds), Words(*patch.kinds));
  }
  Revision<Partner> revision{current, "partner.updated", {}};
  Apply(patch, revision.after, revision.changed_fields);
  if (revision.changed_fields.empty()) return revision;
  revision.after.revision = current.revision + 1;
  revision.after.update_time = now;
  return revision;
}

absl::Status PartnerExists(const Partner& other, const Partner& wanted) {
  const char* const field = other.mpn_id == wanted.mpn_id ? "mpn_id" : "directory_tenant";
  const std::string name = PartnerName(other.id);
  return WithResource(
      MakeError(absl::StatusCode::kAlreadyExists, "PARTNER_EXISTS", absl::StrCat("another partner has this ", field),
                {{"field", field}, {"resource", name}}),
      "PARTNER", name, absl::StrCat("has this ", field));
}

}  // namespace clientele::relationship
