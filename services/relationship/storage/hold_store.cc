#include "services/relationship/storage/hold_store.h"

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/command.h"
#include "services/relationship/domain/resource_name.h"
#include "services/relationship/storage/hold_rows.h"
#include "services/relationship/storage/relationship_rows.h"

namespace clientele::relationship {
namespace {

const pg::LoadStatement kLoad(
    "hold_load", {{"partner", "uuid"}, {"customer", "uuid"}, {"hold", "text"}},
    absl::StrCat("SELECT ", kRelationshipColumns, ", ", kHoldColumns, " FROM customer_relationship r",
                 kRelationshipSagaJoin,
                 "LEFT JOIN termination_hold h ON h.partner = r.partner AND h.customer = r.customer",
                 " AND h.hold = given.hold WHERE r.partner = given.partner AND r.customer = given.customer"));

// What every write is given first.
std::vector<pg::GivenColumn> WithParent(const std::vector<pg::GivenColumn>& columns) {
  std::vector<pg::GivenColumn> all = {
      {"partner", "uuid"}, {"customer", "uuid"}, {"hold", "text"}, {"loaded_hold_revision", "bigint"}};
  all.insert(all.end(), columns.begin(), columns.end());
  return all;
}

// Parent first: the relationship's row, guarded by the hold_revision that was loaded, feeds the hold's row. Whoever
// holds the parent's row lock decides; a relationship that is no longer ACTIVE feeds nothing. Alone, since the holds of
// a relationship have one parent, and a hold's id is unique only within its relationship.
std::string WithParentSql(const char* count, const std::string& entity) {
  return absl::StrCat("parent AS (UPDATE customer_relationship r SET hold_count = ", count,
                      ", hold_revision = r.hold_revision + 1 FROM given g WHERE r.partner = g.partner "
                      "AND r.customer = g.customer AND r.hold_revision = g.loaded_hold_revision AND r.state = 1 "
                      "RETURNING g.*),\nentity AS (",
                      entity, ")");
}

const pg::WriteStatement kInsert(
    "hold_insert",
    WithParent({{"kind", "smallint"},
                {"description", "text"},
                {"reporter", "text"},
                {"revision", "bigint"},
                {"create_time", "timestamptz"}}),
    WithParentSql("r.hold_count + 1",
                  "INSERT INTO termination_hold (partner, customer, hold, kind, description, reporter, revision, "
                  "create_time, update_time) SELECT partner, customer, hold, kind, description, reporter, revision, "
                  "create_time, create_time FROM parent RETURNING hold AS id"),
    pg::Grouping::kAlone);

const pg::WriteStatement kUpdate(
    "hold_update",
    WithParent({{"kind", "smallint"}, {"description", "text"}, {"revision", "bigint"}, {"update_time", "timestamptz"}}),
    WithParentSql("r.hold_count",
                  "UPDATE termination_hold h SET kind = p.kind, description = p.description, revision = p.revision, "
                  "update_time = p.update_time FROM parent p WHERE h.partner = p.partner AND h.customer = p.customer "
                  "AND h.hold = p.hold RETURNING h.hold AS id"),
    pg::Grouping::kAlone);

const pg::WriteStatement kDelete(
    "hold_delete", WithParent({}),
    WithParentSql("r.hold_count - 1",
                  "DELETE FROM termination_hold h USING parent p WHERE h.partner = p.partner "
                  "AND h.customer = p.customer AND h.hold = p.hold RETURNING h.hold AS id"),
    pg::Grouping::kAlone);

struct Found {
  std::optional<pg::Recorded> replayed;
  std::optional<CustomerRelationship> relationship;
  std::optional<TerminationHold> hold;
};

absl::StatusOr<Found> LoadHold(pg::Session& session, CallContext& call, const RelationshipKey& key,
                               const std::string& hold) {
  const auto loaded = pg::Load(session, call, kLoad, pg::Params().Text(key.first).Text(key.second).Text(hold));
  if (!loaded.ok()) return loaded.status();
  Found found;
  found.replayed = loaded->replayed;
  if (loaded->count == 0) return found;
  pg::RowReader row = loaded->Row();
  found.relationship = ReadRelationship(row);
  if (!row.IsNull()) found.hold = ReadHold(row);
  return found;
}

// How feed and audit tell a change: of the relationship's generation.
pg::Change ChangeOf(const Revision<TerminationHold>& revision, int64_t generation,
                    const Encode<TerminationHold>& encode) {
  const TerminationHold& after = revision.after;
  return {after.id,
          revision.type,
          TerminationHoldName(after.partner, after.customer, after.id),
          PartnerName(after.partner),
          generation,
          after.revision,
          encode(after),
          revision.changed_fields};
}

// The columns of WithParent.
pg::Params ParentParams(const CustomerRelationship& relationship, const std::string& hold) {
  return pg::Params().Text(relationship.partner).Text(relationship.customer).Text(hold).Int(relationship.hold_revision);
}

pg::WritePlan UpsertPlan(const CustomerRelationship& relationship, bool stood,
                         const Revision<TerminationHold>& revision, const Encode<TerminationHold>& encode) {
  const TerminationHold& after = revision.after;
  pg::Params params = ParentParams(relationship, after.id);
  params.Int(static_cast<int64_t>(after.kind)).Text(after.description);
  if (!stood) params.Text(after.reporter);
  params.Int(after.revision).Time(after.update_time);
  return PlanOf(stood ? kUpdate : kInsert, std::move(params), ChangeOf(revision, relationship.generation, encode));
}

}  // namespace

const pg::Listing& HoldListing() {
  using pg::FieldType;
  static const auto* const listing = new pg::Listing{
      {}, {{"create_time", {{"h.create_time", FieldType::kTime}, {"h.hold", FieldType::kText}}}}, "create_time"};
  return *listing;
}

absl::StatusOr<TerminationHold> HoldStore::Upsert(pg::Session& session, CallContext& call, const RelationshipKey& key,
                                                  const HoldSetting& setting) const {
  using Step = pg::Step<TerminationHold>;
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto found = LoadHold(session, call, key, setting.id);
    if (!found.ok()) return found.status();
    if (!found->relationship.has_value()) {
      return CustomerRelationshipNotFound(CustomerRelationshipName(key.first, key.second));
    }
    const TerminationHold* const current = found->hold.has_value() ? &*found->hold : nullptr;
    if (found->replayed.has_value()) {
      if (current != nullptr) return Step{*current};
      return NotFound("TERMINATION_HOLD", TerminationHoldName(key.first, key.second, setting.id));
    }
    const auto set = SetHold(*found->relationship, current, setting, call.principal, call.now);
    if (!set.ok()) return set.status();
    if (set->changed_fields.empty() || call.validate_only) return Step{set->after};
    return Step{set->after, UpsertPlan(*found->relationship, current != nullptr, *set, encode_)};
  });
}

absl::Status HoldStore::Delete(pg::Session& session, CallContext& call, const RelationshipKey& key,
                               const std::string& hold, const HoldRemoval& removal) const {
  using Step = pg::Step<pg::NoAnswer>;
  const auto attempt = [&]() -> absl::StatusOr<Step> {
    const auto found = LoadHold(session, call, key, hold);
    if (!found.ok()) return found.status();
    if (found->replayed.has_value()) return Step{};
    if (!found->hold.has_value()) {
      return NotFound("TERMINATION_HOLD", TerminationHoldName(key.first, key.second, hold));
    }
    const auto removed = RemoveHold(*found->relationship, *found->hold, removal, call.principal, call.now);
    if (!removed.ok()) return removed.status();
    if (call.validate_only) return Step{};
    return Step{{},
                PlanOf(kDelete, ParentParams(*found->relationship, hold),
                       ChangeOf(*removed, found->relationship->generation, encode_))};
  };
  return pg::RunCommand(session, call, attempt).status();
}

absl::StatusOr<pg::Page<TerminationHold>> HoldStore::List(pg::Session& session, const RelationshipKey& key,
                                                          const pg::PageRequest& page) {
  const pg::ListQuery query = {kHoldColumns, "FROM termination_hold h", "h.partner = $1 AND h.customer = $2",
                               pg::Params().Text(key.first).Text(key.second)};
  auto read = pg::ReadPage(session, query, page, ReadHold);
  if (read.ok() && read->empty() && page.after.empty()) {
    if (const auto found = RelationshipStore::Read(session, key); !found.ok()) return found.status();
  }
  return read;
}

}  // namespace clientele::relationship
