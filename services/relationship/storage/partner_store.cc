#include "services/relationship/storage/partner_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/market/name_key.h"
#include "common/pg/command.h"
#include "services/relationship/domain/resource_name.h"
#include "services/relationship/storage/partner_rows.h"

namespace clientele::relationship {
namespace {

// The partner itself and whoever has one of the keys it is to have.
const pg::LoadStatement kLoad(
    "partner_load", {{"id", "uuid"}, {"mpn_id", "text"}, {"tenant_issuer", "text"}, {"tenant_id", "uuid"}},
    absl::StrCat("SELECT ", kPartnerColumns,
                 " FROM partner p WHERE p.id = given.id OR p.mpn_id = given.mpn_id"
                 " OR (p.tenant_issuer = given.tenant_issuer AND p.tenant_id = given.tenant_id)"));

const pg::WriteStatement kInsert("partner_insert",
                                 {{"id", "uuid"},
                                  {"display_name", "text"},
                                  {"name_key", "text"},
                                  {"mpn_id", "text"},
                                  {"country", "text"},
                                  {"region", "text"},
                                  {"kinds", "smallint[]"},
                                  {"agreement_state", "smallint"},
                                  {"tenant_issuer", "text"},
                                  {"tenant_id", "uuid"},
                                  {"revision", "bigint"},
                                  {"create_time", "timestamptz"},
                                  {"update_time", "timestamptz"}},
                                 R"(
entity AS (
  INSERT INTO partner (id, display_name, name_key, mpn_id, country, region, kinds, agreement_state, tenant_issuer,
                       tenant_id, revision, create_time, update_time)
  SELECT id, display_name, name_key, mpn_id, country, region, kinds, agreement_state, tenant_issuer, tenant_id,
         revision, create_time, update_time
  FROM given ON CONFLICT DO NOTHING RETURNING id))");

const pg::WriteStatement kUpdate("partner_update",
                                 {{"id", "uuid"},
                                  {"loaded_revision", "bigint"},
                                  {"display_name", "text"},
                                  {"name_key", "text"},
                                  {"mpn_id", "text"},
                                  {"kinds", "smallint[]"},
                                  {"agreement_state", "smallint"},
                                  {"tenant_issuer", "text"},
                                  {"tenant_id", "uuid"},
                                  {"revision", "bigint"},
                                  {"update_time", "timestamptz"}},
                                 R"(
entity AS (
  UPDATE partner p
  SET display_name = g.display_name, name_key = g.name_key, mpn_id = g.mpn_id, kinds = g.kinds,
      agreement_state = g.agreement_state, tenant_issuer = g.tenant_issuer, tenant_id = g.tenant_id,
      revision = g.revision, update_time = g.update_time
  FROM given g WHERE p.id = g.id AND p.revision = g.loaded_revision RETURNING p.id))");

const pg::Statement kFetch = {
    "partner_fetch", absl::StrCat("SELECT given.place, ", kPartnerColumns, " FROM ", pg::GivenRows({{"id", "uuid"}}),
                                  " AS given JOIN partner p ON p.id = given.id")};

struct Found {
  std::optional<Partner> partner;  // the one asked for
  std::optional<Partner> other;    // another that has one of the keys
};

Found Decode(const pg::Loaded& loaded, const std::string& id) {
  Found found;
  for (int i = 0; i < loaded.count; ++i) {
    pg::RowReader row = loaded.Row(i);
    Partner partner = ReadPartner(row);
    (partner.id == id ? found.partner : found.other) = std::move(partner);
  }
  return found;
}

pg::Params LoadParams(const std::string& id, const std::string& mpn_id, const std::optional<DirectoryTenant>& tenant) {
  const DirectoryTenant key = tenant.value_or(DirectoryTenant());
  return pg::Params().Text(id).TextOrNull(mpn_id).TextOrNull(key.issuer).TextOrNull(key.tenant_id);
}

// Columns that both writes have, from kinds on.
void AddKinds(const Partner& partner, pg::Params& params) {
  std::vector<int64_t> kinds;
  for (const PartnerKind kind : partner.kinds) kinds.push_back(static_cast<int64_t>(kind));
  const DirectoryTenant tenant = partner.directory_tenant.value_or(DirectoryTenant());
  params.IntArray(kinds)
      .Int(static_cast<int64_t>(partner.agreement_state))
      .TextOrNull(tenant.issuer)
      .TextOrNull(tenant.tenant_id)
      .Int(partner.revision);
}

// How feed and audit tell a change.
pg::Change ChangeOf(const Revision<Partner>& revision, const Encode<Partner>& encode) {
  const Partner& after = revision.after;
  const std::string name = PartnerName(after.id);
  return {after.id, revision.type, name, name, 0, after.revision, encode(after), revision.changed_fields};
}

pg::WritePlan InsertPlan(const Revision<Partner>& revision, const Encode<Partner>& encode) {
  const Partner& after = revision.after;
  pg::Params params;
  params.Text(after.id)
      .Text(after.display_name)
      .Text(market::NameKey(after.display_name))
      .Text(after.mpn_id)
      .Text(after.country)
      .Text(after.region);
  AddKinds(after, params);
  params.Time(after.create_time).Time(after.update_time);
  return PlanOf(kInsert, std::move(params), ChangeOf(revision, encode));
}

pg::WritePlan UpdatePlan(int64_t loaded_revision, const Revision<Partner>& revision, const Encode<Partner>& encode) {
  const Partner& after = revision.after;
  pg::Params params;
  params.Text(after.id)
      .Int(loaded_revision)
      .Text(after.display_name)
      .Text(market::NameKey(after.display_name))
      .Text(after.mpn_id);
  AddKinds(after, params);
  params.Time(after.update_time);
  return PlanOf(kUpdate, std::move(params), ChangeOf(revision, encode));
}

}  // namespace

const pg::Listing& PartnerListing() {
  using pg::FieldType;
  static const auto* const listing =
      new pg::Listing{{{"display_name", {"p.name_key", FieldType::kText, true, {}, &market::NameKey}},
                       {"mpn_id", {"p.mpn_id", FieldType::kText}},
                       {"country", {"p.country", FieldType::kText}},
                       {"create_time", {"p.create_time", FieldType::kTime}}},
                      {{"display_name", {{"p.name_key", FieldType::kText}, {"p.id", FieldType::kUuid}}},
                       {"create_time", {{"p.create_time", FieldType::kTime}, {"p.id", FieldType::kUuid}}}},
                      "create_time"};
  return *listing;
}

absl::StatusOr<Partner> PartnerStore::Create(pg::Session& session, CallContext& call,
                                             const Revision<Partner>& first) const {
  using Step = pg::Step<Partner>;
  const Partner& wanted = first.after;
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoad, LoadParams(wanted.id, wanted.mpn_id, wanted.directory_tenant));
    if (!loaded.ok()) return loaded.status();
    if (loaded->replayed.has_value()) {
      auto made = Read(session, IdsOf(loaded->replayed->resource).partner);
      if (!made.ok()) return made.status();
      return Step{*std::move(made)};
    }
    const Found found = Decode(*loaded, wanted.id);
    if (found.other.has_value()) return PartnerExists(*found.other, wanted);
    if (call.validate_only) return Step{wanted};
    return Step{wanted, InsertPlan(first, encode_)};
  });
}

absl::StatusOr<Partner> PartnerStore::Change(pg::Session& session, CallContext& call, const std::string& id,
                                             const std::string& etag, const PartnerPatch& patch,
                                             const Decide& decide) const {
  using Step = pg::Step<Partner>;
  const pg::Params keys = LoadParams(id, patch.mpn_id.value_or(""), patch.directory_tenant.value_or(std::nullopt));
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoad, keys);
    if (!loaded.ok()) return loaded.status();
    const Found found = Decode(*loaded, id);
    if (!found.partner.has_value()) return NotFound("PARTNER", PartnerName(id));
    if (loaded->replayed.has_value()) return Step{*found.partner};
    const int64_t revision = found.partner->revision;
    if (absl::Status status = CheckEtag(PartnerName(id), etag, EtagOf(revision)); !status.ok()) return status;
    const auto decided = decide(*found.partner);
    if (!decided.ok()) return decided.status();
    if (found.other.has_value()) return PartnerExists(*found.other, decided->after);
    if (decided->changed_fields.empty() || call.validate_only) return Step{decided->after};
    return Step{decided->after, UpdatePlan(revision, *decided, encode_)};
  });
}

absl::StatusOr<std::vector<std::optional<Partner>>> PartnerStore::Fetch(pg::Session& session,
                                                                        const std::vector<std::string>& ids) {
  return pg::FetchByPlace(session, kFetch, pg::Params().TextArray(ids), ids.size(), ReadPartner);
}

absl::StatusOr<Partner> PartnerStore::Read(pg::Session& session, const std::string& id) {
  auto found = Fetch(session, {id});
  if (!found.ok()) return found.status();
  if (!found->front().has_value()) return NotFound("PARTNER", PartnerName(id));
  return *std::move(found->front());
}

absl::StatusOr<pg::Page<Partner>> PartnerStore::List(pg::Session& session, const pg::PageRequest& page) {
  return pg::ReadPage(session, {kPartnerColumns, "FROM partner p"}, page, ReadPartner);
}

}  // namespace clientele::relationship
