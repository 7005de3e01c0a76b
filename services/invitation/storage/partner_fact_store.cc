#include "services/invitation/storage/partner_fact_store.h"

#include <string>
#include <vector>

namespace clientele::invitation {
namespace {

const pg::Statement kUpsert{
    "partner_fact_upsert",
    "INSERT INTO partner_fact AS known (partner, display_name, country, region, kinds, agreement_signed, revision) "
    "VALUES ($1, $2, $3, $4, $5::text[], $6, $7) ON CONFLICT (partner) DO UPDATE SET "
    "display_name = excluded.display_name, country = excluded.country, region = excluded.region, "
    "kinds = excluded.kinds, agreement_signed = excluded.agreement_signed, revision = excluded.revision "
    "WHERE known.revision < excluded.revision"};

}  // namespace

const char kPartnerFactColumns[] =
    "p.partner, p.display_name, p.country, p.region, p.kinds, p.agreement_signed, p.revision";

std::optional<PartnerFact> ReadPartnerFact(pg::RowReader& row) {
  if (row.IsNull()) {
    row.Skip(7);
    return std::nullopt;
  }
  PartnerFact fact;
  fact.partner = row.Text();
  fact.display_name = row.Text();
  fact.country = row.Text();
  fact.region = row.Text();
  for (const std::string& kind : row.TextArray()) fact.kinds.insert(kind);
  fact.agreement_signed = row.Bool();
  fact.revision = row.Int();
  return fact;
}

absl::Status UpsertPartnerFact(pg::Session& session, const PartnerFact& fact) {
  pg::Params params;
  params.Text(fact.partner)
      .Text(fact.display_name)
      .Text(fact.country)
      .Text(fact.region)
      .TextArray(std::vector<std::string>(fact.kinds.begin(), fact.kinds.end()))
      .Bool(fact.agreement_signed)
      .Int(fact.revision);
  return session.Write(kUpsert, params).status();
}

}  // namespace clientele::invitation
