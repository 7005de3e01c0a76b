#include "services/customer/storage/import_source_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/command.h"
#include "services/customer/domain/names.h"

namespace clientele::customer {
namespace {

constexpr char kColumns[] = "s.id, s.portal, s.principal, s.partners, s.tenant_issuer, s.revision, s.create_time";

// The source, if the id is taken, and which of the partners nobody told us of.
const pg::LoadStatement kLoad(
    "import_source_for_create", {{"id", "text"}, {"partners", "text[]"}},
    absl::StrCat("SELECT u.unknown, s.id IS NOT NULL, ", kColumns,
                 " FROM (SELECT array_agg(p) AS unknown FROM unnest(given.partners) AS p WHERE NOT EXISTS (SELECT FROM "
                 "partner_fact f WHERE f.id = p::uuid)) AS u LEFT JOIN import_source s ON s.id = given.id"));

const pg::WriteStatement kInsert(
    "import_source_insert",
    {{"id", "text"},
     {"portal", "text"},
     {"principal", "text"},
     {"partners", "text[]"},
     {"tenant_issuer", "text"},
     {"revision", "bigint"},
     {"create_time", "timestamptz"}},
    "entity AS (INSERT INTO import_source (id, portal, principal, partners, tenant_issuer, revision, create_time) "
    "SELECT id, portal, principal, partners, tenant_issuer, revision, create_time FROM given "
    "ON CONFLICT DO NOTHING RETURNING id)");

const pg::Statement kFind{"import_source_find",
                          absl::StrCat("SELECT ", kColumns, " FROM import_source s WHERE s.id = $1::text")};

ImportSource ReadSource(pg::RowReader& row) {
  ImportSource source;
  source.id = row.Text();
  source.portal = row.Text();
  source.principal = row.Text();
  source.partners = row.TextArray();
  source.tenant_issuer = row.Text();
  source.revision = row.Int();
  source.create_time = row.Time();
  return source;
}

absl::Status Exists(const std::string& id) {
  const std::string name = ImportSourceName(id);
  return WithResource(MakeError(absl::StatusCode::kAlreadyExists, "IMPORT_SOURCE_EXISTS",
                                absl::StrCat(name, " is registered already"), {{"resource", name}}),
                      "IMPORT_SOURCE", name, "has this name");
}

absl::Status PartnersUnknown(const std::vector<std::string>& partners) {
  std::vector<PreconditionViolation> violations;
  violations.reserve(partners.size());
  for (const std::string& partner : partners) {
    violations.push_back({"PARTNER_UNKNOWN", PartnerName(partner), "is not (yet) known: register it, then try again"});
  }
  return Blocked("PARTNER_UNKNOWN", absl::StrCat(violations.front().subject, " is not (yet) known"), violations);
}

// How feed and audit tell a new source.
pg::Change ChangeOf(const ImportSource& source, const Encode<ImportSource>& encode) {
  return {source.id,
          "import_source.created",
          ImportSourceName(source.id),
          "",
          0,
          source.revision,
          encode(source),
          {"portal", "principal", "partners", "tenant_issuer"}};
}

pg::WritePlan InsertPlan(const ImportSource& source, const Encode<ImportSource>& encode) {
  pg::Params params;
  params.Text(source.id).Text(source.portal).Text(source.principal).TextArray(source.partners);
  params.Text(source.tenant_issuer).Int(source.revision).Time(source.create_time);
  return PlanOf(kInsert, std::move(params), ChangeOf(source, encode));
}

}  // namespace

ImportSourceStore::ImportSourceStore(Encode<ImportSource> encode) : encode_(std::move(encode)) {}

absl::StatusOr<ImportSource> ImportSourceStore::Create(pg::Session& session, CallContext& call,
                                                       const ImportSource& source) const {
  using Step = pg::Step<ImportSource>;
  std::vector<std::string> named;
  for (const std::string& partner : source.partners) {
    if (partner != kAllPartners) named.push_back(partner);
  }
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoad, pg::Params().Text(source.id).TextArray(named));
    if (!loaded.ok()) return loaded.status();
    pg::RowReader row = loaded->Row();
    const std::vector<std::string> unknown = row.TextArray();
    const bool there = row.Bool();
    if (loaded->replayed.has_value() && there) return Step{ReadSource(row)};
    if (there) return Exists(source.id);
    if (!unknown.empty()) return PartnersUnknown(unknown);
    if (call.validate_only) return Step{source};
    return Step{source, InsertPlan(source, encode_)};
  });
}

absl::StatusOr<std::optional<ImportSource>> ImportSourceStore::Find(pg::Session& session, const std::string& id) const {
  const absl::StatusOr<pg::Rows> rows = session.Read(kFind, pg::Params().Text(id));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  pg::RowReader row(*rows, 0);
  return ReadSource(row);
}

}  // namespace clientele::customer
