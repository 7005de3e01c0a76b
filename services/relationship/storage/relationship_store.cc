#include "services/relationship/storage/relationship_store.h"

#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "services/relationship/domain/resource_name.h"
#include "services/relationship/storage/hold_rows.h"
#include "services/relationship/storage/partner_store.h"
#include "services/relationship/storage/relationship_rows.h"

namespace clientele::relationship {
namespace {

// The relationship, once for each hold that stands; once with empty hold columns where none does.
const pg::LoadStatement kLoadWithHolds(
    "relationship_load_holds", {{"partner", "uuid"}, {"customer", "uuid"}},
    absl::StrCat("SELECT ", kRelationshipColumns, ", ", kHoldColumns, " FROM customer_relationship r",
                 kRelationshipSagaJoin,
                 "LEFT JOIN termination_hold h ON h.partner = r.partner AND h.customer = r.customer",
                 " WHERE r.partner = given.partner AND r.customer = given.customer ORDER BY h.create_time, h.hold"));

const pg::LoadStatement kLoad("relationship_load", {{"partner", "uuid"}, {"customer", "uuid"}},
                              absl::StrCat("SELECT ", kRelationshipColumns, " FROM customer_relationship r",
                                           kRelationshipSagaJoin,
                                           "WHERE r.partner = given.partner AND r.customer = given.customer"));

// `assignments` of a relationship that is still as it was loaded.
std::string UpdateSql(const char* assignments, const char* state) {
  return absl::StrCat("entity AS (UPDATE customer_relationship r SET ", assignments,
                      ", revision = g.revision FROM given g WHERE r.partner = g.partner AND r.customer = g.customer "
                      "AND r.revision = g.loaded_revision AND ",
                      state, " RETURNING ", kRelationshipRowId, ")");
}

// A hold that came since the load makes hold_count > 0, so nothing is changed and the load is repeated: it names the
// hold.
const pg::WriteStatement kTerminate(
    "relationship_terminate",
    {{"partner", "uuid"},
     {"customer", "uuid"},
     {"loaded_revision", "bigint"},
     {"terminated_by", "smallint"},
     {"reason", "text"},
     {"request_time", "timestamptz"},
     {"saga", "uuid"},
     {"revision", "bigint"}},
    UpdateSql("state = 2, terminated_by = g.terminated_by, termination_reason = g.reason, termination_request_time = "
              "g.request_time, termination_end_time = NULL, termination_saga = g.saga, update_time = g.request_time",
              "r.state = 1 AND r.hold_count = 0"));

const pg::WriteStatement kFinish("relationship_finish",
                                 {{"partner", "uuid"},
                                  {"customer", "uuid"},
                                  {"loaded_revision", "bigint"},
                                  {"end_time", "timestamptz"},
                                  {"revision", "bigint"}},
                                 UpdateSql("state = 3, termination_end_time = g.end_time, update_time = g.end_time",
                                           "r.state = 2"));

const pg::WriteStatement kWithdraw(
    "relationship_withdraw",
    {{"partner", "uuid"},
     {"customer", "uuid"},
     {"loaded_revision", "bigint"},
     {"terminated_by", "smallint"},
     {"end_time", "timestamptz"},
     {"revision", "bigint"}},
    UpdateSql("state = 3, terminated_by = g.terminated_by, termination_reason = '', termination_request_time = "
              "g.end_time, termination_end_time = g.end_time, termination_saga = NULL, update_time = g.end_time",
              "r.state = 1 AND r.hold_count = 0"));

const pg::Statement kFetch = {
    "relationship_fetch",
    absl::StrCat("SELECT given.place, ", kRelationshipColumns, " FROM ",
                 pg::GivenRows({{"partner", "uuid"}, {"customer", "uuid"}}),
                 " AS given JOIN customer_relationship r ON r.partner = given.partner AND r.customer = given.customer",
                 kRelationshipSagaJoin)};

struct Found {
  std::optional<CustomerRelationship> relationship;
  std::vector<TerminationHold> holds;
};

Found DecodeWithHolds(const pg::Loaded& loaded) {
  Found found;
  for (int i = 0; i < loaded.count; ++i) {
    pg::RowReader row = loaded.Row(i);
    CustomerRelationship relationship = ReadRelationship(row);
    if (!row.IsNull()) found.holds.push_back(ReadHold(row));
    if (!found.relationship.has_value()) found.relationship = std::move(relationship);
  }
  return found;
}

pg::WritePlan TerminatePlan(int64_t loaded_revision, const Revision<CustomerRelationship>& revision,
                            const RelationshipStore::TerminationRequest& request,
                            const Encode<CustomerRelationship>& encode) {
  const CustomerRelationship& after = revision.after;
  const Termination& termination = *after.termination;
  pg::Params params;
  params.Text(after.partner)
      .Text(after.customer)
      .Int(loaded_revision)
      .Int(static_cast<int64_t>(termination.terminated_by))
      .Text(termination.reason)
      .Time(termination.request_time)
      .Text(termination.saga)
      .Int(after.revision);
  pg::WritePlan plan = PlanOf(kTerminate, std::move(params), ChangeOf(revision, encode));
  plan.saga =
      pg::SagaStart{termination.saga, request.saga_kind, plan.resource, request.saga_state(after), request.owner};
  return plan;
}

pg::WritePlan WithdrawPlan(int64_t loaded_revision, const Revision<CustomerRelationship>& revision,
                           const Encode<CustomerRelationship>& encode) {
  const CustomerRelationship& after = revision.after;
  pg::Params params;
  params.Text(after.partner)
      .Text(after.customer)
      .Int(loaded_revision)
      .Int(static_cast<int64_t>(after.termination->terminated_by))
      .Time(after.termination->end_time)
      .Int(after.revision);
  return PlanOf(kWithdraw, std::move(params), ChangeOf(revision, encode));
}

pg::WritePlan FinishPlan(int64_t loaded_revision, const Revision<CustomerRelationship>& revision,
                         const Encode<CustomerRelationship>& encode) {
  const CustomerRelationship& after = revision.after;
  pg::Params params;
  params.Text(after.partner)
      .Text(after.customer)
      .Int(loaded_revision)
      .Time(after.termination->end_time)
      .Int(after.revision);
  return PlanOf(kFinish, std::move(params), ChangeOf(revision, encode));
}

}  // namespace

const pg::Listing& RelationshipListing() {
  using pg::FieldType;
  static const auto* const listing =
      new pg::Listing{{{"state",
                        {"r.state", FieldType::kEnum, false,
                         pg::Words("RELATIONSHIP_STATE_", {{"ACTIVE", 1}, {"TERMINATING", 2}, {"TERMINATED", 3}})}},
                       {"origin",
                        {"r.origin", FieldType::kEnum, false,
                         pg::Words("RELATIONSHIP_ORIGIN_", {{"CREATE", 1}, {"IMPORT", 2}, {"INVITATION", 3}})}},
                       {"customer", {"r.customer", FieldType::kUuid}},
                       {"create_time", {"r.create_time", FieldType::kTime}}},
                      {{"create_time", {{"r.create_time", FieldType::kTime}, {"r.customer", FieldType::kUuid}}}},
                      "create_time"};
  return *listing;
}

absl::StatusOr<RelationshipStore::TerminationStart> RelationshipStore::BeginTermination(
    pg::Session& session, CallContext& call, const TerminationRequest& request) const {
  using Step = pg::Step<TerminationStart>;
  const std::string name = CustomerRelationshipName(request.key.first, request.key.second);
  const pg::Params key = pg::Params().Text(request.key.first).Text(request.key.second);
  // Made once: a commit in doubt is found again by it.
  const std::string saga = Uuid::NewV7(call.now).ToString();
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadWithHolds, key);
    if (!loaded.ok()) return loaded.status();
    const Found found = DecodeWithHolds(*loaded);
    if (!found.relationship.has_value()) return CustomerRelationshipNotFound(name);
    if (loaded->replayed.has_value()) return Step{{*found.relationship, pg::BegunBefore(*loaded->replayed, saga)}};
    const Termination termination{request.terminated_by, request.reason, call.now, absl::InfiniteFuture(), saga};
    const auto begun =
        clientele::relationship::BeginTermination(*found.relationship, found.holds, request.etag, termination);
    if (!begun.ok()) return begun.status();
    if (call.validate_only) return Step{{begun->after, {}}};
    return Step{{begun->after, {saga, name, true}},
                TerminatePlan(found.relationship->revision, *begun, request, encode_)};
  });
}

absl::Status RelationshipStore::FinishTermination(pg::Session& session, CallContext& call, const RelationshipKey& key,
                                                  const std::string& saga) const {
  using Step = pg::Step<pg::NoAnswer>;
  const auto attempt = [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoad, pg::Params().Text(key.first).Text(key.second));
    if (!loaded.ok()) return loaded.status();
    if (loaded->count == 0) return CustomerRelationshipNotFound(CustomerRelationshipName(key.first, key.second));
    pg::RowReader row = loaded->Row();
    const CustomerRelationship current = ReadRelationship(row);
    const auto finished = clientele::relationship::FinishTermination(current, saga, call.now);
    // A repeat of the step finds the relationship ended, by its own state and saga: no record needs to tell.
    if (finished.changed_fields.empty()) return Step{};
    return Step{{}, FinishPlan(current.revision, finished, encode_)};
  };
  return pg::RunCommand(session, call, attempt).status();
}

absl::StatusOr<CustomerRelationship> RelationshipStore::Withdraw(pg::Session& session, CallContext& call,
                                                                 const RelationshipKey& key, int64_t generation) const {
  using Step = pg::Step<CustomerRelationship>;
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadWithHolds, pg::Params().Text(key.first).Text(key.second));
    if (!loaded.ok()) return loaded.status();
    const Found found = DecodeWithHolds(*loaded);
    if (!found.relationship.has_value()) {
      return CustomerRelationshipNotFound(CustomerRelationshipName(key.first, key.second));
    }
    const auto withdrawn = clientele::relationship::Withdraw(*found.relationship, found.holds, generation, call.now);
    if (!withdrawn.ok()) return withdrawn.status();
    if (withdrawn->changed_fields.empty()) return Step{withdrawn->after};
    return Step{withdrawn->after, WithdrawPlan(found.relationship->revision, *withdrawn, encode_)};
  });
}

absl::StatusOr<std::vector<std::optional<CustomerRelationship>>> RelationshipStore::Fetch(
    pg::Session& session, const std::vector<RelationshipKey>& keys) {
  std::vector<std::string> partners;
  std::vector<std::string> customers;
  for (const auto& [partner, customer] : keys) {
    partners.push_back(partner);
    customers.push_back(customer);
  }
  return pg::FetchByPlace(session, kFetch, pg::Params().TextArray(partners).TextArray(customers), keys.size(),
                          ReadRelationship);
}

absl::StatusOr<CustomerRelationship> RelationshipStore::Read(pg::Session& session, const RelationshipKey& key) {
  auto found = Fetch(session, {key});
  if (!found.ok()) return found.status();
  if (!found->front().has_value()) {
    return CustomerRelationshipNotFound(CustomerRelationshipName(key.first, key.second));
  }
  return *std::move(found->front());
}

absl::StatusOr<pg::Page<CustomerRelationship>> RelationshipStore::List(pg::Session& session, const std::string& partner,
                                                                       const pg::PageRequest& page) {
  const pg::ListQuery query = {kRelationshipColumns,
                               absl::StrCat("FROM customer_relationship r", kRelationshipSagaJoin), "r.partner = $1",
                               pg::Params().Text(partner)};
  auto read = pg::ReadPage(session, query, page, ReadRelationship);
  if (read.ok() && read->empty() && page.after.empty()) {
    if (const auto found = PartnerStore::Read(session, partner); !found.ok()) return found.status();
  }
  return read;
}

}  // namespace clientele::relationship
