#include "services/customer/storage/organization_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "common/pg/command.h"

namespace clientele::customer {
namespace {

constexpr char kOrganizationColumns[] =
    "o.id, o.revision, o.primary_domain, o.custom_domains, o.tenant_issuers, o.tenant_ids, "
    "o.provisional_saga IS NOT NULL, EXISTS (SELECT FROM customer c WHERE c.id = o.id AND c.partner = $4::uuid AND "
    "c.state = 1)";

const pg::LoadStatement kLoad(
    "organization_by_keys",
    absl::StrCat("SELECT ", kOrganizationColumns,
                 " FROM organization o WHERE o.id IN (SELECT t.organization FROM organization_tenant t WHERE "
                 "t.issuer = $1::text AND t.tenant_id = $2::uuid UNION SELECT d.organization FROM "
                 "organization_domain d WHERE d.domain = ANY ($3::text[]))"),
    4);

// $1 id, $2 loaded revision (0: make it), $3 time, $4 primary domain, $5 custom domains, $6 issuers, $7 tenant ids;
// $8 new domains, $9 and $10 issuers and ids of new tenants. A key that somebody else takes meanwhile raises 23505.
const pg::WriteStatement kReserve("organization_reserve", R"sql(
founded AS (
  INSERT INTO organization (id, revision, primary_domain, custom_domains, tenant_issuers, tenant_ids, create_time)
  SELECT $1::uuid, 1, $4::text, $5::text[], $6::text[], $7::text[], $3::timestamptz WHERE $2::bigint = 0
  RETURNING id
),
grown AS (
  UPDATE organization o
  SET revision = $2::bigint + 1, primary_domain = $4::text, custom_domains = $5::text[], tenant_issuers = $6::text[],
      tenant_ids = $7::text[], provisional_saga = NULL
  WHERE o.id = $1::uuid AND o.revision = $2::bigint
  RETURNING o.id
),
entity AS (SELECT id FROM founded UNION ALL SELECT id FROM grown),
domains AS (
  INSERT INTO organization_domain (domain, organization, is_primary)
  SELECT d, entity.id, d = $4::text FROM entity, unnest($8::text[]) AS d
),
tenants AS (
  INSERT INTO organization_tenant (tenant_id, issuer, organization)
  SELECT t.id::uuid, t.issuer, entity.id FROM entity, unnest($9::text[], $10::text[]) AS t(issuer, id)
))sql",
                                  10);

const pg::Statement kFindDomain{"organization_domain_holder", R"sql(
SELECT d.organization, c.id, c.state FROM organization_domain d
LEFT JOIN customer c ON c.id = d.organization AND c.partner = $1::uuid AND c.state > 0
WHERE d.domain = $2::text)sql"};

Organization ReadOrganization(pg::RowReader& row) {
  Organization organization;
  organization.id = row.Text();
  organization.revision = row.Int();
  organization.primary_domain = row.Text();
  organization.custom_domains = row.TextArray();
  const std::vector<std::string> issuers = row.TextArray();
  const std::vector<std::string> ids = row.TextArray();
  for (size_t i = 0; i < ids.size() && i < issuers.size(); ++i) organization.tenants.push_back({issuers[i], ids[i]});
  organization.provisional = row.Bool();
  organization.account_active = row.Bool();
  return organization;
}

void BindTenants(const std::vector<DirectoryTenant>& tenants, pg::Params& params) {
  std::vector<std::string> issuers, ids;
  for (const DirectoryTenant& tenant : tenants) {
    issuers.push_back(tenant.issuer);
    ids.push_back(tenant.tenant_id);
  }
  params.TextArray(issuers).TextArray(ids);
}

pg::WritePlan ReservePlan(const Resolution& resolution, absl::Time now) {
  const Organization& organization = resolution.organization;
  pg::Params params;
  params.Text(organization.id).Int(organization.revision - 1).Time(now).Text(organization.primary_domain);
  params.TextArray(organization.custom_domains);
  BindTenants(organization.tenants, params);
  params.TextArray(resolution.new_domains);
  BindTenants(resolution.new_tenants, params);
  // An organisation is no resource of its own yet: nobody is told.
  return PlanOf(
      kReserve, std::move(params),
      {organization.id, "", absl::StrCat("organizations/", organization.id), "", 0, organization.revision, "", {}});
}

}  // namespace

absl::StatusOr<Organization> ResolveOrganization(pg::Session& session, CallContext& call, const OrganizationKeys& keys,
                                                 bool reserve) {
  using Step = pg::Step<Organization>;
  const DirectoryTenant tenant = keys.tenant.value_or(DirectoryTenant());
  const std::string new_id = Uuid::NewV7(call.now).ToString();
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(
        session, call, kLoad,
        pg::Params().Text(tenant.issuer).TextOrNull(tenant.tenant_id).TextArray(keys.domains).TextOrNull(keys.partner));
    if (!loaded.ok()) return loaded.status();
    std::vector<Organization> found;
    for (int i = 0; i < loaded->count; ++i) {
      pg::RowReader row = loaded->Row(i);
      found.push_back(ReadOrganization(row));
    }
    const absl::StatusOr<Resolution> resolution = Resolve(keys, found, reserve, new_id);
    if (!resolution.ok()) return resolution.status();
    // A repeat finds what the first call wrote.
    if (loaded->replayed.has_value() || !resolution->changed) return Step{resolution->organization};
    return Step{resolution->organization, ReservePlan(*resolution, call.now)};
  });
}

absl::StatusOr<DomainHolder> FindDomain(pg::Session& session, const std::string& partner, const std::string& domain) {
  const absl::StatusOr<pg::Rows> rows = session.Read(kFindDomain, pg::Params().Text(partner).Text(domain));
  if (!rows.ok()) return rows.status();
  DomainHolder holder;
  if (rows->empty()) return holder;
  holder.taken = true;
  holder.customer = std::string(rows->Text(0, 1));
  holder.active = rows->Int(0, 2) == 1;
  return holder;
}

}  // namespace clientele::customer
