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
    "hold_load",
    absl::StrCat("SELECT ", kRelationshipColumns, ", ", kHoldColumns, " FROM customer_relationship r",
                 kRelationshipSagaJoin,
                 "LEFT JOIN termination_hold h ON h.partner = r.partner AND h.customer = r.customer",
                 " AND h.hold = $3 WHERE r.partner = $1 AND r.customer = $2"),
    3);

// Parent first: the relationship's row, guarded by the hold_revision that was loaded, feeds the hold's row. Whoever
// holds the parent's row lock decides; a relationship that is no longer ACTIVE feeds nothing.
std::string ParentSql(const char* count) {
  return absl::StrCat("parent AS (UPDATE customer_relationship SET hold_count = ", count,
                      ", hold_revision = hold_revision + 1 WHERE partner = $1 AND customer = $2 AND hold_revision = $4 "
                      "AND state = 1 RETURNING partner, customer),\n");
}

const pg::WriteStatement kInsert(
    "hold_insert",
    absl::StrCat(
        ParentSql("hold_count + 1"),
        "entity AS (INSERT INTO termination_hold (partner, customer, hold, kind, description, reporter, "
        "revision, create_time, update_time) SELECT p.partner, p.customer, $3::text, $5::smallint, $6::text, $7::text, "
        "$8::bigint, $9::timestamptz, $9::timestamptz "
        "FROM parent p RETURNING hold AS id)"),
    9);

const pg::WriteStatement kUpdate(
    "hold_update",
    absl::StrCat(
        ParentSql("hold_count"),
        "entity AS (UPDATE termination_hold h SET kind = $5, description = $6, revision = $7, update_time = $8 "
        "FROM parent p WHERE h.partner = p.partner AND h.customer = p.customer AND h.hold = $3 "
        "RETURNING h.hold AS id)"),
    8);

const pg::WriteStatement kDelete(
    "hold_delete",
    absl::StrCat(ParentSql("hold_count - 1"),
                 "entity AS (DELETE FROM termination_hold h USING parent p WHERE h.partner = p.partner "
                 "AND h.customer = p.customer AND h.hold = $3 RETURNING h.hold AS id)"),
    4);

struct Found {
  std::optional<CustomerRelationship> relationship;
  std::optional<TerminationHold> hold;
};

absl::StatusOr<Found> LoadHold(pg::Session& session, CallContext& call, const RelationshipKey& key,
                               const std::string& hold, std::optional<pg::Recorded>& recorded) {
  const auto loaded = pg::Load(session, call, kLoad, pg::Params().Text(key.first).Text(key.second).Text(hold));
  if (!loaded.ok()) return loaded.status();
  auto replayed = pg::Replayed(*loaded, call);
  if (!replayed.ok()) return replayed.status();
  recorded = *std::move(replayed);
  Found found;
  if (loaded->count == 0) return found;
  pg::RowReader row(loaded->rows, 0, pg::Loaded::kFirstColumn);
  found.relationship = ReadRelationship(row);
  if (!row.IsNull()) found.hold = ReadHold(row);
  return found;
}

pg::WritePlan PlanOf(const pg::WriteStatement& statement, const CustomerRelationship& relationship,
                     const Revision<TerminationHold>& revision, const HoldStore::Encode& encode) {
  const TerminationHold& after = revision.after;
  pg::WritePlan plan;
  plan.statement = &statement;
  plan.params.Text(after.partner).Text(after.customer).Text(after.id).Int(relationship.hold_revision);
  plan.resource = TerminationHoldName(after.partner, after.customer, after.id);
  plan.revision = after.revision;
  plan.changes.push_back({after.id, revision.type, plan.resource, PartnerName(after.partner), relationship.generation,
                          after.revision, encode(after), revision.changed_fields});
  return plan;
}

pg::WritePlan UpsertPlan(const CustomerRelationship& relationship, bool stood,
                         const Revision<TerminationHold>& revision, const HoldStore::Encode& encode) {
  const TerminationHold& after = revision.after;
  pg::WritePlan plan = PlanOf(stood ? kUpdate : kInsert, relationship, revision, encode);
  plan.params.Int(static_cast<int64_t>(after.kind)).Text(after.description);
  if (!stood) plan.params.Text(after.reporter);
  plan.params.Int(after.revision).Time(after.update_time);
  return plan;
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
  TerminationHold answer;
  const absl::Status status = pg::RunCommand(session, call, [&]() -> absl::StatusOr<pg::Step> {
    std::optional<pg::Recorded> recorded;
    const auto found = LoadHold(session, call, key, setting.id, recorded);
    if (!found.ok()) return found.status();
    if (!found->relationship.has_value()) {
      return CustomerRelationshipNotFound(CustomerRelationshipName(key.first, key.second));
    }
    if (recorded.has_value()) {
      if (!found->hold.has_value()) {
        return NotFound("TERMINATION_HOLD", TerminationHoldName(key.first, key.second, setting.id));
      }
      answer = *found->hold;
      return pg::Step{true, {}};
    }
    const TerminationHold* const current = found->hold.has_value() ? &*found->hold : nullptr;
    auto set = SetHold(*found->relationship, current, setting, call.principal, call.now);
    if (!set.ok()) return set.status();
    answer = set->after;
    if (set->changed_fields.empty() || call.validate_only) return pg::Step{true, {}};
    return pg::Step{false, UpsertPlan(*found->relationship, current != nullptr, *set, encode_)};
  });
  if (!status.ok()) return status;
  return answer;
}

absl::Status HoldStore::Delete(pg::Session& session, CallContext& call, const RelationshipKey& key,
                               const std::string& hold, const HoldRemoval& removal) const {
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<pg::Step> {
    std::optional<pg::Recorded> recorded;
    const auto found = LoadHold(session, call, key, hold, recorded);
    if (!found.ok()) return found.status();
    if (recorded.has_value()) return pg::Step{true, {}};
    if (!found->hold.has_value()) {
      return NotFound("TERMINATION_HOLD", TerminationHoldName(key.first, key.second, hold));
    }
    const auto removed = RemoveHold(*found->relationship, *found->hold, removal, call.principal, call.now);
    if (!removed.ok()) return removed.status();
    if (call.validate_only) return pg::Step{true, {}};
    return pg::Step{false, PlanOf(kDelete, *found->relationship, *removed, encode_)};
  });
}

absl::StatusOr<pg::Page<TerminationHold>> HoldStore::List(pg::Session& session, const RelationshipKey& key,
                                                          const pg::PageRequest& page) {
  const pg::ListQuery query = {kHoldColumns, "FROM termination_hold h", "h.partner = $1 AND h.customer = $2",
                               pg::Params().Text(key.first).Text(key.second)};
  auto read = pg::ReadPage(session, query, page, ReadHold);
  if (read.ok() && read->items.empty() && page.after.empty()) {
    if (const auto found = RelationshipStore::Read(session, key); !found.ok()) return found.status();
  }
  return read;
}

}  // namespace clientele::relationship
