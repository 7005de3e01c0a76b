#include "services/customer/storage/partner_facts.h"

#include <vector>

namespace clientele::customer {
namespace {

const pg::Statement kKeep{"partner_fact_keep", R"sql(
INSERT INTO partner_fact AS f (id, country, region, kinds, agreement_state, tenant_issuer, tenant_id, revision)
VALUES ($1::uuid, $2::text, $3::text, $4::smallint[], $5::smallint, $6::text, $7::text, $8::bigint)
ON CONFLICT (id) DO UPDATE
SET country = EXCLUDED.country, region = EXCLUDED.region, kinds = EXCLUDED.kinds,
    agreement_state = EXCLUDED.agreement_state, tenant_issuer = EXCLUDED.tenant_issuer,
    tenant_id = EXCLUDED.tenant_id, revision = EXCLUDED.revision
WHERE f.revision < EXCLUDED.revision)sql"};

const pg::Statement kFind{"partner_fact_find",
                          "SELECT f.id, f.country, f.region, f.kinds::text[], f.agreement_state, f.tenant_issuer, "
                          "f.tenant_id, f.revision FROM partner_fact f WHERE f.id = $1::uuid"};

}  // namespace

absl::Status KeepPartnerFact(pg::Session& session, const PartnerFact& fact) {
  return session
      .Write(kKeep, pg::Params()
                        .Text(fact.id)
                        .Text(fact.country)
                        .Text(fact.region)
                        .IntArray(std::vector<int64_t>(fact.kinds.begin(), fact.kinds.end()))
                        .Int(fact.agreement_state)
                        .Text(fact.directory_tenant.issuer)
                        .Text(fact.directory_tenant.tenant_id)
                        .Int(fact.revision))
      .status();
}

absl::StatusOr<std::optional<PartnerFact>> FindPartnerFact(pg::Session& session, const std::string& partner) {
  const absl::StatusOr<pg::Rows> rows = session.Read(kFind, pg::Params().Text(partner));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  pg::RowReader row(*rows, 0);
  PartnerFact fact;
  fact.id = row.Text();
  fact.country = row.Text();
  fact.region = row.Text();
  for (const std::string& kind : row.TextArray()) fact.kinds.insert(std::stoi(kind));
  fact.agreement_state = static_cast<int>(row.Int());
  fact.directory_tenant.issuer = row.Text();
  fact.directory_tenant.tenant_id = row.Text();
  fact.revision = row.Int();
  return fact;
}

}  // namespace clientele::customer
