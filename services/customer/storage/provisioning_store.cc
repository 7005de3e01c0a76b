#include "services/customer/storage/provisioning_store.h"

#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "common/pg/given.h"
#include "services/customer/domain/revise.h"
#include "services/customer/storage/account_columns.h"

namespace clientele::customer {
namespace {

const pg::LoadStatement kLoadForCreate(
    "customer_for_create",
    {{"partner", "uuid"}, {"domain", "text"}, {"issuer", "text"}, {"tenant_id", "uuid"}, {"external_id", "text"}},
    R"sql(
SELECT d.organization, d.own, t.organization, t.own, e.id, e.state
FROM (SELECT) AS one
LEFT JOIN (SELECT k.organization, c.state AS own FROM organization_domain k
           LEFT JOIN customer c ON c.id = k.organization AND c.partner = given.partner
           WHERE k.domain = given.domain) d ON true
LEFT JOIN (SELECT k.organization, c.state AS own FROM organization_tenant k
           LEFT JOIN customer c ON c.id = k.organization AND c.partner = given.partner
           WHERE k.tenant_id = given.tenant_id AND k.issuer = given.issuer) t ON true
LEFT JOIN customer e ON e.partner = given.partner AND e.external_id = given.external_id)sql");

constexpr char kRowFacts[] = R"sql(
SELECT k.n, t.organization, d.organization, o.revision, c.state, c.saga,
       EXISTS (SELECT FROM customer x WHERE x.id = o.id AND x.partner <> given.partner AND x.state = 1),
       (SELECT s.id FROM customer x JOIN saga s ON s.id = x.saga AND NOT s.done
        WHERE x.id = o.id AND x.partner <> given.partner AND x.state <> 1 LIMIT 1),
       e.id, e.state
FROM unnest(given.tenants, given.domains, given.external_ids) WITH ORDINALITY AS k(tenant, domain, external_id, n)
LEFT JOIN organization_tenant t ON t.tenant_id = k.tenant::uuid AND t.issuer = given.issuer
LEFT JOIN organization_domain d ON d.domain = k.domain
LEFT JOIN organization o ON o.id = COALESCE(t.organization, d.organization)
LEFT JOIN customer c ON c.id = o.id AND c.partner = given.partner
LEFT JOIN customer e ON e.partner = given.partner AND e.external_id = k.external_id)sql";

const std::vector<pg::GivenColumn>& KeyColumns() {
  static const auto* const columns = new std::vector<pg::GivenColumn>{{"partner", "uuid"},
                                                                      {"issuer", "text"},
                                                                      {"tenants", "text[]"},
                                                                      {"domains", "text[]"},
                                                                      {"external_ids", "text[]"}};
  return *columns;
}

const pg::LoadStatement kLoadForImport("customers_for_import", KeyColumns(), kRowFacts);
const pg::GivenStatement kFacts("customers_imported", KeyColumns(),
                                absl::StrCat("SELECT given.place, facts.* FROM given, LATERAL (", kRowFacts,
                                             ") AS facts"));

// Whoever loses a key to another writer gets 23505, and whoever finds an organisation changed since it was decided on
// writes no row: either way nothing is written, and the whole is decided again. So of two partners that take one
// organisation at once the second sees the first.
// The arrays are organisations to found, organisations that grow, organisations whose ended account is revived, and
// accounts to make.
const pg::WriteStatement kProvision("customer_provision",
                                    WithProfiles({{"partner", "uuid"},
                                                  {"origin", "smallint"},
                                                  {"saga", "uuid"},
                                                  {"vouched_by", "text"},
                                                  {"create_time", "timestamptz"},
                                                  {"issuer", "text"},
                                                  {"founded", "uuid[]"},
                                                  {"founded_domains", "text[]"},
                                                  {"founded_tenants", "text[]"},
                                                  {"grown", "uuid[]"},
                                                  {"grown_domains", "text[]"},
                                                  {"grown_tenants", "text[]"},
                                                  {"grown_revisions", "bigint[]"},
                                                  {"revived", "uuid[]"}}),
                                    absl::StrCat(R"sql(
locked AS MATERIALIZED (
  SELECT o.id, o.revision FROM organization o WHERE o.id IN (SELECT unnest(given.grown) FROM given)
  ORDER BY o.id FOR NO KEY UPDATE
),
decided AS MATERIALIZED (
  SELECT given.* FROM given
  WHERE cardinality(given.grown) = (SELECT count(*) FROM unnest(given.grown, given.grown_revisions) AS k(id, revision)
                                    JOIN locked USING (id, revision))
),
founded AS (
  INSERT INTO organization (id, revision, primary_domain, custom_domains, tenant_issuers, tenant_ids,
                            provisional_saga, create_time)
  SELECT k.id, 1, k.domain, '{}', CASE WHEN k.tenant IS NULL THEN '{}' ELSE ARRAY[g.issuer] END,
         CASE WHEN k.tenant IS NULL THEN '{}' ELSE ARRAY[k.tenant] END, g.saga, g.create_time
  FROM decided g, unnest(g.founded, g.founded_domains, g.founded_tenants) AS k(id, domain, tenant)
  RETURNING id, primary_domain AS domain, tenant_issuers[1] AS issuer, tenant_ids[1] AS tenant
),
grown AS (
  UPDATE organization o
  SET revision = o.revision + 1, provisional_saga = NULL,
      primary_domain = CASE WHEN o.primary_domain = '' THEN COALESCE(k.domain, '') ELSE o.primary_domain END,
      custom_domains = CASE WHEN o.primary_domain = '' OR k.domain IS NULL THEN o.custom_domains
                            ELSE o.custom_domains || k.domain END,
      tenant_issuers = CASE WHEN k.tenant IS NULL THEN o.tenant_issuers ELSE o.tenant_issuers || g.issuer END,
      tenant_ids = CASE WHEN k.tenant IS NULL THEN o.tenant_ids ELSE o.tenant_ids || k.tenant END
  FROM decided g, unnest(g.grown, g.grown_domains, g.grown_tenants) AS k(id, domain, tenant)
  WHERE o.id = k.id
  RETURNING o.id, k.domain, g.issuer, k.tenant, o.primary_domain = k.domain AS is_primary
),
domains AS (
  INSERT INTO organization_domain (domain, organization, is_primary)
  SELECT f.domain, f.id, true FROM founded f
  UNION ALL SELECT g.domain, g.id, g.is_primary FROM grown g WHERE g.domain IS NOT NULL
  ORDER BY 1
),
tenants AS (
  INSERT INTO organization_tenant (tenant_id, issuer, organization)
  SELECT f.tenant::uuid, f.issuer, f.id FROM founded f WHERE f.tenant IS NOT NULL
  UNION ALL SELECT g.tenant::uuid, g.issuer, g.id FROM grown g WHERE g.tenant IS NOT NULL
  ORDER BY 1
),
created AS (
  INSERT INTO customer (partner, origin, saga, vouched_by, create_time, update_time, state, revision, id, )sql",
                                                 ProfileColumns(""), R"sql()
  SELECT g.partner, g.origin, g.saga, g.vouched_by, g.create_time, g.create_time, 0, 0, k.id, )sql",
                                                 ProfileColumns("k."), " FROM decided g, ", ProfileRows("g"),
                                                 R"sql(
  RETURNING id
),
revived AS (
  UPDATE customer c SET saga = g.saga FROM decided g
  WHERE c.partner = g.partner AND c.id = ANY (g.revived) AND c.state = 2
  RETURNING c.id
),
entity AS (SELECT id FROM created UNION ALL SELECT id FROM revived))sql"));

const pg::LoadStatement kLoadForSettle("customers_for_settle", {{"partner", "uuid"}, {"ids", "uuid[]"}},
                                       absl::StrCat("SELECT ", FullColumns(), kAccountTables,
                                                    "WHERE c.partner = given.partner AND c.id = ANY (given.ids)"));

// The arrays are accounts that stand from now on, and accounts that were refused.
const pg::WriteStatement kSettle(
    "customer_settle",
    {{"partner", "uuid"},
     {"saga", "uuid"},
     {"update_time", "timestamptz"},
     {"standing", "uuid[]"},
     {"revisions", "bigint[]"},
     {"kinds", "smallint[]"},
     {"states", "smallint[]"},
     {"generations", "bigint[]"},
     {"relationship_revisions", "bigint[]"},
     {"regions", "text[]"},
     {"refused", "uuid[]"}},
    absl::StrCat(R"sql(
settled AS (
  UPDATE customer c
  SET state = 1, saga = g.saga, end_time = NULL, revision = k.revision + 1, update_time = g.update_time,
      region = k.region, link_generation = k.generation, link_revision = k.relationship_revision, )sql",
                 NewerRelationship("k.kind", "k.state", "k.generation", "k.relationship_revision"), R"sql(
  FROM given g, unnest(g.standing, g.revisions, g.kinds, g.states, g.generations, g.relationship_revisions, g.regions)
       AS k(id, revision, kind, state, generation, relationship_revision, region)
  WHERE c.partner = g.partner AND c.id = k.id AND c.revision = k.revision
    AND (c.state = 2 OR c.state = 0 AND c.saga = g.saga)
  RETURNING c.id
),
removed AS (
  DELETE FROM customer c USING given g
  WHERE c.partner = g.partner AND c.id = ANY (g.refused) AND c.state = 0 AND c.saga = g.saga
  RETURNING c.id, c.saga
),
dissolved AS (
  DELETE FROM organization o USING removed r WHERE o.id = r.id AND o.provisional_saga = r.saga
  RETURNING o.primary_domain, o.tenant_issuers, o.tenant_ids
),
freed_domain AS (DELETE FROM organization_domain d USING dissolved x WHERE d.domain = x.primary_domain),
freed_tenant AS (
  DELETE FROM organization_tenant t USING (SELECT unnest(tenant_ids)::uuid AS id, unnest(tenant_issuers) AS issuer
                                           FROM dissolved) x
  WHERE t.tenant_id = x.id AND t.issuer = x.issuer
),
entity AS (SELECT id FROM settled UNION ALL SELECT id FROM removed))sql"));

void BindKeys(const std::string& partner, const std::string& issuer, const std::vector<RowKeys>& keys,
              pg::Params& params) {
  std::vector<std::string> tenants, domains, external_ids;
  for (const RowKeys& key : keys) {
    tenants.push_back(key.tenant_id);
    domains.push_back(key.domain);
    external_ids.push_back(key.external_id);
  }
  params.Text(partner).Text(issuer).TextArray(tenants).TextArray(domains).NullableTextArray(external_ids);
}

std::vector<RowFacts> ReadFacts(const pg::Rows& rows, int count, int first_column, size_t size) {
  std::vector<RowFacts> all(size);
  for (int i = 0; i < count; ++i) {
    pg::RowReader row(rows, i, first_column);
    RowFacts& facts = all[row.Int() - 1];
    facts.tenant_organization = row.Text();
    facts.domain_organization = row.Text();
    facts.organization_revision = row.Int();
    facts.has_account = !row.IsNull();
    facts.state = static_cast<AccountState>(row.Int());
    facts.saga = row.Text();
    facts.elsewhere = row.Bool();
    facts.elsewhere_saga = row.Text();
    facts.external_id_customer = row.Text();
    facts.external_id_visible = row.Int() > 0;
  }
  return all;
}

// The arrays of organisations to make and to add to, then the accounts.
void BindPlan(const std::vector<PlannedAccount>& accounts, pg::Params& params) {
  std::vector<std::string> ids, domains, tenants, grown, grown_domains, grown_tenants, revived;
  std::vector<int64_t> grown_revisions;
  std::vector<const Customer*> created;
  for (const PlannedAccount& planned : accounts) {
    const Customer& account = planned.account;
    const std::string tenant =
        account.directory_tenants.empty() ? std::string() : account.directory_tenants.front().tenant_id;
    if (planned.organization_revision == 0) {
      ids.push_back(account.name.customer);
      domains.push_back(account.primary_domain);
      tenants.push_back(tenant);
    } else {
      grown.push_back(account.name.customer);
      grown_revisions.push_back(planned.organization_revision);
      grown_domains.push_back(planned.new_domain ? account.primary_domain : std::string());
      grown_tenants.push_back(planned.new_tenant ? tenant : std::string());
    }
    if (planned.revive) {
      revived.push_back(account.name.customer);
    } else {
      created.push_back(&account);
    }
  }
  params.TextArray(ids).TextArray(domains).NullableTextArray(tenants);
  params.TextArray(grown).NullableTextArray(grown_domains).NullableTextArray(grown_tenants);
  params.IntArray(grown_revisions).TextArray(revived);
  BindProfiles(created, params);
}

pg::WritePlan ProvisionPlan(const std::string& partner, AccountOrigin origin, const std::string& vouched_by,
                            const std::string& issuer, const std::vector<PlannedAccount>& accounts,
                            const pg::SagaStart& saga, absl::Time now) {
  pg::WritePlan plan;
  plan.statement = &kProvision;
  plan.params.Text(partner).Int(static_cast<int>(origin)).Text(saga.id).TextOrNull(vouched_by).Time(now).Text(issuer);
  BindPlan(accounts, plan.params);
  for (const PlannedAccount& planned : accounts) plan.changes.push_back(SilentChange(planned.account.name, 0));
  plan.resource = saga.subject;
  plan.saga = saga;
  return plan;
}

KeyHolder ReadHolder(pg::RowReader& row) {
  KeyHolder holder;
  holder.organization = row.Text();
  const bool own = !row.IsNull();
  const auto state = static_cast<AccountState>(row.Int());
  if (own) holder.own = state;
  return holder;
}

TakenKeys ReadTaken(pg::RowReader row) {
  TakenKeys taken;
  taken.domain = ReadHolder(row);
  taken.tenant = ReadHolder(row);
  taken.external_id_customer = row.Text();
  taken.external_id_visible = row.Int() > 0;
  return taken;
}

// What is to become of a saga's accounts, as the columns of kSettle.
struct Settling {
  std::vector<std::string> stand, regions, refused;
  std::vector<int64_t> revisions, kinds, states, generations, relationship_revisions;
  std::vector<pg::Change> changes;

  void Stand(const Customer& current, const Relationship& relationship) {
    stand.push_back(current.name.customer);
    revisions.push_back(current.revision);
    kinds.push_back(relationship.summary.kind);
    states.push_back(relationship.summary.state);
    generations.push_back(relationship.summary.generation);
    relationship_revisions.push_back(relationship.summary.revision);
    regions.push_back(relationship.region);
  }
};

pg::WritePlan SettlePlan(const std::string& partner, const std::string& saga, absl::Time now, Settling settling) {
  pg::WritePlan plan;
  plan.statement = &kSettle;
  plan.params.Text(partner).Text(saga).Time(now).TextArray(settling.stand).IntArray(settling.revisions);
  plan.params.IntArray(settling.kinds).IntArray(settling.states).IntArray(settling.generations);
  plan.params.IntArray(settling.relationship_revisions).TextArray(settling.regions).TextArray(settling.refused);
  plan.changes = std::move(settling.changes);
  plan.resource = PartnerName(partner);
  return plan;
}

}  // namespace

ProvisioningStore::ProvisioningStore(Encode<Customer> encode) : encode_(std::move(encode)) {}

absl::StatusOr<pg::Begun> ProvisioningStore::Create(pg::Session& session, CallContext& call, const Customer& customer,
                                                    const pg::SagaStart& saga) const {
  using Step = pg::Step<pg::Begun>;
  const bool has_tenant = !customer.directory_tenants.empty();
  const DirectoryTenant tenant = has_tenant ? customer.directory_tenants.front() : DirectoryTenant();
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForCreate,
                                 pg::Params()
                                     .Text(customer.name.partner)
                                     .Text(customer.primary_domain)
                                     .Text(tenant.issuer)
                                     .TextOrNull(tenant.tenant_id)
                                     .TextOrNull(customer.external_id));
    if (!loaded.ok()) return loaded.status();
    if (loaded->replayed.has_value()) return Step{pg::BegunBefore(*loaded->replayed, saga.id)};
    if (absl::Status status = CheckFree(ReadTaken(loaded->Row()), customer); !status.ok()) return status;
    if (call.validate_only) return Step{};
    PlannedAccount planned;
    planned.account = customer;
    return Step{
        {saga.id, saga.subject, true},
        ProvisionPlan(customer.name.partner, AccountOrigin::kCreate, "", tenant.issuer, {planned}, saga, call.now)};
  });
}

absl::StatusOr<pg::Begun> ProvisioningStore::Import(pg::Session& session, CallContext& call, const std::string& partner,
                                                    const Vouching& vouching, const std::vector<RowKeys>& keys,
                                                    const DecideImport& decide) const {
  using Step = pg::Step<pg::Begun>;
  // Made once: a commit in doubt is found again by it.
  const std::string saga = Uuid::NewV7(call.now).ToString();
  pg::Params params;
  BindKeys(partner, vouching.tenant_issuer, keys, params);
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForImport, params);
    if (!loaded.ok()) return loaded.status();
    if (loaded->replayed.has_value()) return Step{pg::BegunBefore(*loaded->replayed, saga)};
    const absl::StatusOr<ImportPlan> plan =
        decide(saga, ReadFacts(loaded->rows, loaded->count, pg::Loaded::kFirstColumn, keys.size()));
    if (!plan.ok()) return plan.status();
    if (call.validate_only || plan->accounts.empty()) return Step{};
    return Step{{saga, plan->saga.subject, true},
                ProvisionPlan(partner, AccountOrigin::kImport, vouching.by, vouching.tenant_issuer, plan->accounts,
                              plan->saga, call.now)};
  });
}

absl::StatusOr<std::vector<RowFacts>> ProvisioningStore::Facts(pg::Session& session, const std::string& partner,
                                                               const std::string& tenant_issuer,
                                                               const std::vector<RowKeys>& keys) const {
  pg::Params params;
  BindKeys(partner, tenant_issuer, keys, params);
  const absl::StatusOr<pg::Rows> rows = pg::ReadGiven(session, kFacts, params);
  if (!rows.ok()) return rows.status();
  return ReadFacts(*rows, rows->size(), 1, keys.size());
}

absl::Status ProvisioningStore::Settle(pg::Session& session, CallContext& call, const std::string& partner,
                                       const std::string& saga, const std::vector<Settlement>& settlements) const {
  using Step = pg::Step<pg::NoAnswer>;
  std::unordered_map<std::string, const Settlement*> by_customer;
  std::vector<std::string> ids;
  for (const Settlement& settlement : settlements) {
    by_customer[settlement.customer] = &settlement;
    ids.push_back(settlement.customer);
  }
  const auto attempt = [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForSettle, pg::Params().Text(partner).TextArray(ids));
    if (!loaded.ok()) return loaded.status();
    if (loaded->replayed.has_value()) return Step{};
    Settling settling;
    for (int i = 0; i < loaded->count; ++i) {
      pg::RowReader row = loaded->Row(i);
      const Customer current = ReadFull(row);
      const bool making = current.state == AccountState::kProvisioning;
      if (making && current.saga != saga) continue;
      const Settlement& settlement = *by_customer.at(current.name.customer);
      if (!settlement.stands.has_value()) {
        if (!making) continue;
        settling.refused.push_back(current.name.customer);
        settling.changes.push_back(SilentChange(current.name, 0));
        continue;
      }
      const Revision<Customer> revision = Activate(current, *settlement.stands, call.now);
      if (revision.changed_fields.empty()) continue;
      settling.Stand(current, *settlement.stands);
      settling.changes.push_back(ChangeOf(revision, encode_));
    }
    // Whoever made an account ACTIVE before did this saga's work.
    if (settling.changes.empty()) return Step{};
    return Step{{}, SettlePlan(partner, saga, call.now, std::move(settling))};
  };
  return pg::RunCommand(session, call, attempt).status();
}

}  // namespace clientele::customer
