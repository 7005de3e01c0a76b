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
    "o.provisional_saga IS NOT NULL, EXISTS (SELECT FROM customer c WHERE c.id = o.id AND c.partner = given.partner "
    "AND "
    "c.state = 1)";

const pg::LoadStatement kLoad(
    "organization_by_keys", {{"issuer", "text"}, {"tenant_id", "uuid"}, {"domains", "text[]"}, {"partner", "uuid"}},
    absl::StrCat("SELECT ", kOrganizationColumns,
                 " FROM organization o WHERE o.id IN (SELECT t.organization FROM organization_tenant t WHERE "
                 "t.issuer = given.issuer AND t.tenant_id = given.tenant_id UNION SELECT d.organization FROM "
                 "organization_domain d WHERE d.domain = ANY (given.domains))"));

// Of loaded revision 0 is what is to be made. A key that somebody else takes meanwhile raises 23505.
const pg::WriteStatement kReserve("organization_reserve",
                                  {{"id", "uuid"},
                                   {"loaded_revision", "bigint"},
                                   {"create_time", "timestamptz"},
                                   {"primary_domain", "text"},
                                   {"custom_domains", "text[]"},
                                   {"issuers", "text[]"},
                                   {"tenants", "text[]"},
                                   {"new_domains", "text[]"},
                                   {"new_issuers", "text[]"},
                                   {"new_tenants", "text[]"}},
                                  R"sql(
founded AS (
  INSERT INTO organization (id, revision, primary_domain, custom_domains, tenant_issuers, tenant_ids, create_time)
  SELECT id, 1, primary_domain, custom_domains, issuers, tenants, create_time FROM given WHERE loaded_revision = 0
  RETURNING id
),
grown AS (
  UPDATE organization o
  SET revision = g.loaded_revision + 1, primary_domain = g.primary_domain, custom_domains = g.custom_domains,
      tenant_issuers = g.issuers, tenant_ids = g.tenants, provisional_saga = NULL
  FROM given g WHERE o.id = g.id AND o.revision = g.loaded_revision
  RETURNING o.id
),
entity AS (SELECT id FROM founded UNION ALL SELECT id FROM grown),
domains AS (
  INSERT INTO organization_domain (domain, organization, is_primary)
  SELECT d, g.id, d = g.primary_domain FROM entity JOIN given g USING (id), unnest(g.new_domains) AS d
),
tenants AS (
  INSERT INTO organization_tenant (tenant_id, issuer, organization)
  SELECT t.id::uuid, t.issuer, g.id FROM entity JOIN given g USING (id), unnest(g.new_issuers, g.new_tenants) AS t(issuer, id)
))sql");

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
