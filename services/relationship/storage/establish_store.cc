#include "services/relationship/storage/establish_store.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/pg/command.h"
#include "services/relationship/domain/resource_name.h"
#include "services/relationship/storage/partner_rows.h"
#include "services/relationship/storage/relationship_rows.h"

namespace clientele::relationship {
namespace {

// Rounds of write and look again. A second one answers what another writer took first; more are due only where that has
// ended again in between.
constexpr int kMaxRounds = 4;

// Partner and relationship of each pair wanted, NULL columns where there is none.
const pg::LoadStatement kLoad(
    "establish_load", {{"partners", "uuid[]"}, {"customers", "uuid[]"}},
    absl::StrCat("SELECT w.n, ", kPartnerColumns, ", ", kRelationshipColumns,
                 " FROM unnest(given.partners, given.customers) WITH ORDINALITY AS w(partner, customer, n)"
                 " LEFT JOIN partner p ON p.id = w.partner"
                 " LEFT JOIN customer_relationship r ON r.partner = w.partner AND r.customer = w.customer",
                 kRelationshipSagaJoin));

// Rows to change are locked in one order, so that two batches never wait for each other in a circle. A pair that
// another writer took first is neither inserted nor updated, and leaves no event.
const pg::WriteStatement kEstablish("establish",
                                    {{"partners", "uuid[]"},
                                     {"customers", "uuid[]"},
                                     {"loaded_revisions", "bigint[]"},
                                     {"generations", "bigint[]"},
                                     {"regions", "text[]"},
                                     {"origins", "smallint[]"},
                                     {"established_by", "text[]"},
                                     {"request", "text"},
                                     {"establish_time", "timestamptz"}},
                                    R"(
wanted AS MATERIALIZED (
  SELECT w.*, given.request, given.establish_time
  FROM given, unnest(given.partners, given.customers, given.loaded_revisions, given.generations, given.regions,
                     given.origins, given.established_by)
    AS w(partner, customer, loaded_revision, generation, region, origin, established_by)),
ended AS MATERIALIZED (
  SELECT w.* FROM customer_relationship r JOIN wanted w ON r.partner = w.partner AND r.customer = w.customer
  WHERE w.loaded_revision > 0 ORDER BY r.partner, r.customer FOR NO KEY UPDATE OF r),
revived AS (
  UPDATE customer_relationship r
  SET state = 1, generation = e.generation, region = e.region, origin = e.origin, established_by = e.established_by,
      establish_request = e.request, terminated_by = NULL, termination_reason = NULL, termination_request_time = NULL,
      termination_end_time = NULL, termination_saga = NULL, revision = e.loaded_revision + 1,
      update_time = e.establish_time, establish_time = e.establish_time
  FROM ended e
  WHERE r.partner = e.partner AND r.customer = e.customer AND r.revision = e.loaded_revision AND r.state = 3
  RETURNING r.partner, r.customer),
inserted AS (
  INSERT INTO customer_relationship (partner, customer, kind, state, generation, region, origin, established_by,
                                     establish_request, revision, create_time, update_time, establish_time)
  SELECT w.partner, w.customer, 1, 1, w.generation, w.region, w.origin, w.established_by, w.request, 1,
         w.establish_time, w.establish_time, w.establish_time
  FROM wanted w WHERE w.loaded_revision = 0 ORDER BY w.partner, w.customer
  ON CONFLICT DO NOTHING RETURNING partner, customer),
entity AS (
  SELECT partner::text || '/' || customer::text AS id FROM revived
  UNION ALL SELECT partner::text || '/' || customer::text FROM inserted))");

struct Pair {
  std::optional<Partner> partner;
  std::optional<CustomerRelationship> current;
};

std::vector<Pair> Decode(const pg::Loaded& loaded, size_t size) {
  std::vector<Pair> pairs(size);
  for (int i = 0; i < loaded.count; ++i) {
    pg::RowReader row = loaded.Row(i);
    Pair& pair = pairs[row.Int() - 1];
    if (row.IsNull()) {
      row.Skip(kPartnerColumnCount);
    } else {
      pair.partner = ReadPartner(row);
    }
    if (!row.IsNull()) pair.current = ReadRelationship(row);
  }
  return pairs;
}

// The decisions on all pairs, and what they ask to be written.
struct Round {
  std::vector<absl::StatusOr<Established>> outcomes;
  pg::WritePlan plan;
};

class Columns {
 public:
  void Add(const CustomerRelationship& after, int64_t loaded_revision) {
    partners_.push_back(after.partner);
    customers_.push_back(after.customer);
    loaded_revisions_.push_back(loaded_revision);
    generations_.push_back(after.generation);
    regions_.push_back(after.region);
    origins_.push_back(static_cast<int64_t>(after.origin));
    established_by_.push_back(after.established_by);
  }

  pg::Params ToParams(const std::string& request_id, absl::Time now) const {
    return pg::Params()
        .TextArray(partners_)
        .TextArray(customers_)
        .IntArray(loaded_revisions_)
        .IntArray(generations_)
        .TextArray(regions_)
        .IntArray(origins_)
        .TextArray(established_by_)
        .Text(request_id)
        .Time(now);
  }

 private:
  std::vector<std::string> partners_, customers_, regions_, established_by_;
  std::vector<int64_t> loaded_revisions_, generations_, origins_;
};

Round Decide(const CallContext& call, const std::string& request_id, const std::vector<Establishment>& wanted,
             const std::vector<Pair>& pairs, const market::Markets& markets,
             const Encode<CustomerRelationship>& encode) {
  Round round;
  Columns columns;
  round.outcomes.reserve(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Partner* const partner = pairs[i].partner.has_value() ? &*pairs[i].partner : nullptr;
    const CustomerRelationship* const current = pairs[i].current.has_value() ? &*pairs[i].current : nullptr;
    auto decided = clientele::relationship::Establish(wanted[i], absl::StrCat("relationships[", i, "]"), request_id,
                                                      partner, current, markets, call.now);
    if (!decided.ok()) {
      round.outcomes.emplace_back(decided.status());
      continue;
    }
    const Revision<CustomerRelationship>& revision = decided->revision;
    if (!revision.changed_fields.empty()) {
      columns.Add(revision.after, current == nullptr ? 0 : current->revision);
      round.plan.changes.push_back(ChangeOf(revision, encode));
    }
    round.outcomes.emplace_back(Established{revision.after, decided->already_stood});
  }
  if (round.plan.changes.empty()) return round;
  round.plan.statement = &kEstablish;
  round.plan.params = columns.ToParams(request_id, call.now);
  round.plan.resource = round.plan.changes.front().subject;
  round.plan.revision = round.plan.changes.front().revision;
  return round;
}

pg::Params KeysOf(const std::vector<Establishment>& wanted) {
  std::vector<std::string> partners, customers;
  for (const Establishment& one : wanted) {
    partners.push_back(one.partner);
    customers.push_back(one.customer);
  }
  return pg::Params().TextArray(partners).TextArray(customers);
}

}  // namespace

absl::StatusOr<std::vector<absl::StatusOr<Established>>> EstablishStore::Establish(
    pg::Session& session, CallContext& call, const std::vector<Establishment>& wanted) const {
  const std::string request_id = call.request_id;
  const pg::Params keys = KeysOf(wanted);
  for (int rounds = 0; rounds < kMaxRounds; ++rounds) {
    // A request has one record. What it still has to write after that one was made it writes without: the rows
    // themselves tell (establish_request) what this request made stand, so a repeat does nothing twice.
    CallContext context = call;
    if (rounds > 0) context.request_id.clear();
    pg::Written written;
    auto round = pg::RunCommand(
        session, context,
        [&]() -> absl::StatusOr<pg::Step<Round>> {
          const auto loaded = pg::Load(session, context, kLoad, keys);
          if (!loaded.ok()) return loaded.status();
          Round decided = Decide(call, request_id, wanted, Decode(*loaded, wanted.size()), markets_, encode_);
          if (decided.plan.changes.empty() || loaded->replayed.has_value()) return pg::Step<Round>{std::move(decided)};
          pg::WritePlan plan = decided.plan;
          return pg::Step<Round>{std::move(decided), std::move(plan)};
        },
        &written);
    call.consistency = context.consistency;
    if (!round.ok()) return round.status();
    if (written.entity_ids.size() == round->plan.changes.size()) return std::move(round->outcomes);
  }
  return WithRetry(
      MakeError(absl::StatusCode::kAborted, "WRITE_CONFLICT", "the relationships keep changing; try again", {}),
      absl::Seconds(1));
}

}  // namespace clientele::relationship
