#include "services/customer/storage/customer_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "services/customer/domain/create.h"
#include "services/customer/domain/revise.h"
#include "services/customer/storage/account_columns.h"

namespace clientele::customer {
namespace {

// The account, and who else of the partner's has the external id it is to get.
const pg::LoadStatement kLoadForChange(
    "customer_for_change", {{"partner", "uuid"}, {"id", "uuid"}, {"external_id", "text"}},
    absl::StrCat("SELECT e.id, e.state, ", FullColumns(), kAccountTables,
                 "LEFT JOIN customer e ON e.partner = given.partner AND e.external_id = given.external_id "
                 "AND e.id <> c.id WHERE c.partner = given.partner AND c.id = given.id"));

const pg::WriteStatement kChange(
    "customer_change",
    WithProfile({{"partner", "uuid"},
                 {"id", "uuid"},
                 {"loaded_revision", "bigint"},
                 {"revision", "bigint"},
                 {"update_time", "timestamptz"}}),
    absl::StrCat("entity AS (UPDATE customer c SET (", ProfileColumns(""), ", revision, update_time) = (",
                 ProfileColumns("given."),
                 ", given.revision, given.update_time) FROM given "
                 "WHERE c.partner = given.partner AND c.id = given.id "
                 "AND c.revision = given.loaded_revision AND c.state = 1 RETURNING c.id)"));

// The organisation, and the partner's account of it if there is one.
const pg::LoadStatement kLoadForLink("customer_for_link", {{"partner", "uuid"}, {"id", "uuid"}},
                                     absl::StrCat("SELECT c.id IS NOT NULL, ", FullColumns(),
                                                  " FROM organization o LEFT JOIN customer c ON c.id = o.id AND "
                                                  "c.partner = given.partner WHERE o.id = given.id"));

// One a generation: a repeat keeps the first. The columns follow the statement's own.
constexpr char kAgreed[] = R"sql(,
agreed AS (
  INSERT INTO agreement (customer, partner, generation, template_id, date_agreed, first_name, last_name, email,
                         phone_number, create_time)
  SELECT entity.id, g.partner, g.generation, g.template_id, g.date_agreed, g.agreed_first_name, g.agreed_last_name,
         g.agreed_email, g.agreed_phone_number, g.agree_time
  FROM entity JOIN given g ON g.id = entity.id WHERE g.template_id IS NOT NULL
  ON CONFLICT DO NOTHING
))sql";

std::vector<pg::GivenColumn> WithAgreement(std::vector<pg::GivenColumn> columns) {
  const std::vector<pg::GivenColumn> agreement = {{"template_id", "text"},       {"date_agreed", "date"},
                                                  {"agreed_first_name", "text"}, {"agreed_last_name", "text"},
                                                  {"agreed_email", "text"},      {"agreed_phone_number", "text"},
                                                  {"agree_time", "timestamptz"}};
  columns.insert(columns.end(), agreement.begin(), agreement.end());
  return columns;
}

void BindAgreement(const std::optional<Agreement>& agreement, absl::Time now, pg::Params& params) {
  if (agreement.has_value()) {
    const Contact& contact = agreement->primary_contact;
    params.Text(agreement->template_id).Text(agreement->date_agreed).TextOrNull(contact.first_name);
    params.TextOrNull(contact.last_name).TextOrNull(contact.email).TextOrNull(contact.phone_number);
  } else {
    for (int i = 0; i < 6; ++i) params.Null();
  }
  params.Time(now);
}

// A new account of a relationship that stands, or that ended before the account came.
const pg::WriteStatement kInsert(
    "customer_insert",
    WithAgreement(WithProfile({{"partner", "uuid"},
                               {"id", "uuid"},
                               {"origin", "smallint"},
                               {"region", "text"},
                               {"kind", "smallint"},
                               {"relationship_state", "smallint"},
                               {"generation", "bigint"},
                               {"relationship_revision", "bigint"},
                               {"revision", "bigint"},
                               {"create_time", "timestamptz"},
                               {"state", "smallint"},
                               {"end_time", "timestamptz"}})),
    absl::StrCat(
        "entity AS (INSERT INTO customer (partner, id, origin, region, relationship_kind, relationship_state, "
        "relationship_generation, relationship_revision, link_generation, link_revision, revision, "
        "create_time, update_time, state, end_time, ",
        ProfileColumns(""),
        ") SELECT g.partner, g.id, g.origin, g.region, g.kind, g.relationship_state, g.generation, "
        "g.relationship_revision, g.generation, g.relationship_revision, g.revision, g.create_time, g.create_time, "
        "g.state, g.end_time, ",
        ProfileColumns("g."),
        " FROM given g JOIN organization o ON o.id = g.id "
        // Of an account that ended before it stood nothing is kept but its end: see EndBeforeItStood.
        "ON CONFLICT (id, partner) DO UPDATE SET (origin, region, relationship_kind, relationship_state, "
        "relationship_generation, relationship_revision, link_generation, link_revision, revision, update_time, "
        "state, end_time, ",
        ProfileColumns(""),
        ") = (EXCLUDED.origin, EXCLUDED.region, EXCLUDED.relationship_kind, EXCLUDED.relationship_state, "
        "EXCLUDED.relationship_generation, EXCLUDED.relationship_revision, EXCLUDED.link_generation, "
        "EXCLUDED.link_revision, EXCLUDED.revision, EXCLUDED.update_time, EXCLUDED.state, EXCLUDED.end_time, ",
        ProfileColumns("EXCLUDED."), ") WHERE customer.company_name = '' RETURNING id)", kAgreed));

// An account that begins to stand again, ends, or only learns of a later generation of its relationship.
const pg::WriteStatement kMove(
    "customer_move",
    WithAgreement({{"partner", "uuid"},
                   {"id", "uuid"},
                   {"loaded_revision", "bigint"},
                   {"revision", "bigint"},
                   {"update_time", "timestamptz"},
                   {"state", "smallint"},
                   {"end_time", "timestamptz"},
                   {"region", "text"},
                   {"kind", "smallint"},
                   {"relationship_state", "smallint"},
                   {"generation", "bigint"},
                   {"relationship_revision", "bigint"}}),
    absl::StrCat("entity AS (UPDATE customer c SET revision = g.revision, update_time = g.update_time, "
                 "state = g.state, end_time = g.end_time, region = g.region, link_generation = g.generation, "
                 "link_revision = g.relationship_revision, ",
                 NewerRelationship("g.kind", "g.relationship_state", "g.generation", "g.relationship_revision"),
                 " FROM given g WHERE c.partner = g.partner AND c.id = g.id AND c.revision = g.loaded_revision "
                 "AND (c.link_generation, c.link_revision) < (g.generation, g.relationship_revision) RETURNING c.id)",
                 kAgreed));

const pg::Statement kFollow{
    "customer_follow",
    absl::StrCat("UPDATE customer c SET ",
                 NewerRelationship("$3::smallint", "$4::smallint", "$5::bigint", "$6::bigint"),
                 " WHERE c.id = $2::uuid AND c.partner = $1::uuid "
                 "AND (c.relationship_generation, c.relationship_revision) < ($5::bigint, $6::bigint)")};

pg::WritePlan MovePlan(const Customer& current, const Revision<Customer>& moved, const RelationshipSummary& summary,
                       const std::optional<Agreement>& agreement, absl::Time now, const Encode<Customer>& encode) {
  const Customer& after = moved.after;
  pg::Params params;
  params.Text(after.name.partner).Text(after.name.customer).Int(current.revision).Int(after.revision);
  params.Time(after.update_time).Int(static_cast<int>(after.state)).TimeOrNull(after.end_time);
  params.TextOrNull(after.region).Int(summary.kind).Int(summary.state).Int(summary.generation);
  params.Int(summary.revision);
  BindAgreement(agreement, now, params);
  return PlanOf(kMove, std::move(params),
                moved.changed_fields.empty() ? SilentChange(after.name, after.revision) : ChangeOf(moved, encode));
}

pg::WritePlan InsertPlan(const Revision<Customer>& made, const std::optional<Agreement>& agreement, absl::Time now,
                         const Encode<Customer>& encode) {
  const Customer& after = made.after;
  pg::Params params;
  params.Text(after.name.partner).Text(after.name.customer);
  params.Int(static_cast<int>(after.origin)).TextOrNull(after.region);
  params.Int(after.relationship.kind).Int(after.relationship.state).Int(after.relationship.generation);
  params.Int(after.relationship.revision).Int(after.revision).Time(now);
  params.Int(static_cast<int>(after.state)).TimeOrNull(after.end_time);
  BindProfile(after, params);
  BindAgreement(agreement, now, params);
  return PlanOf(kInsert, std::move(params), ChangeOf(made, encode));
}

pg::WritePlan ChangePlan(const Customer& current, const Revision<Customer>& revision, const Encode<Customer>& encode) {
  const Customer& after = revision.after;
  pg::Params params;
  params.Text(after.name.partner).Text(after.name.customer).Int(current.revision).Int(after.revision);
  params.Time(after.update_time);
  BindProfile(after, params);
  return PlanOf(kChange, std::move(params), ChangeOf(revision, encode));
}

// The first account of an organisation with the partner: what the organisation says of itself is the organisation's.
Customer FirstOf(const Customer& fresh, const Customer& organization, absl::Time now) {
  Customer made = fresh;
  made.primary_domain = organization.primary_domain;
  made.custom_domains = organization.custom_domains;
  made.directory_tenants = organization.directory_tenants;
  made.create_time = now;
  return made;
}

// Transient: the saga that makes the account ends its making, and then it can be ended.
absl::Status BeingMade(const AccountName& name) {
  return WithRetry(
      MakeError(absl::StatusCode::kAborted, "CUSTOMER_PROVISIONING",
                absl::StrCat(CustomerName(name), " is being made; try again"), {{"resource", CustomerName(name)}}),
      absl::Milliseconds(100));
}

using Step = pg::Step<Customer>;

}  // namespace

CustomerStore::CustomerStore(Encode<Customer> encode) : encode_(std::move(encode)) {}

absl::StatusOr<Customer> CustomerStore::Change(pg::Session& session, CallContext& call, const AccountName& name,
                                               const std::string& etag, const std::string& external_id,
                                               const Decide& decide) const {
  const pg::Params keys = pg::Params().Text(name.partner).Text(name.customer).TextOrNull(external_id);
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForChange, keys);
    if (!loaded.ok()) return loaded.status();
    if (loaded->count == 0) return NotFound("CUSTOMER", CustomerName(name));
    pg::RowReader row = loaded->Row();
    const std::string holder = row.Text();
    const bool holder_visible = row.Int() > 0;
    const Customer current = ReadFull(row);
    if (current.state == AccountState::kProvisioning) return NotFound("CUSTOMER", CustomerName(name));
    if (loaded->replayed.has_value()) return Step{current};
    absl::Status same = CheckEtag(CustomerName(name), etag, EtagOf(current.revision));
    if (!same.ok()) return same;
    const absl::StatusOr<Revision<Customer>> revision = decide(current);
    if (!revision.ok()) return revision.status();
    if (!holder.empty() && revision->after.external_id != current.external_id) {
      return ExternalIdTaken(external_id, {name.partner, holder_visible ? holder : std::string()});
    }
    if (call.validate_only || revision->changed_fields.empty()) return Step{revision->after};
    return Step{revision->after, ChangePlan(current, *revision, encode_)};
  });
}

absl::StatusOr<Customer> CustomerStore::Upsert(pg::Session& session, CallContext& call, const Customer& fresh,
                                               const Relationship& relationship,
                                               const std::optional<Agreement>& agreement) const {
  const AccountName& name = fresh.name;
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForLink, pg::Params().Text(name.partner).Text(name.customer));
    if (!loaded.ok()) return loaded.status();
    if (loaded->count == 0) return NotFound("ORGANIZATION", absl::StrCat("organizations/", name.customer));
    pg::RowReader row = loaded->Row();
    const bool there = row.Bool();
    const Customer current = ReadFull(row);
    if (loaded->replayed.has_value()) return Step{current};
    if (!there || NeverStood(current)) {
      const Revision<Customer> first = Begin(FirstOf(fresh, current, call.now), current, relationship, call.now);
      return Step{first.after, InsertPlan(first, agreement, call.now, encode_)};
    }
    const Revision<Customer> revision = Activate(current, relationship, call.now);
    const bool news = IsOlder({0, 0, current.link_generation, current.link_revision}, relationship.summary);
    if (!news) return Step{revision.after};
    return Step{revision.after, MovePlan(current, revision, relationship.summary, agreement, call.now, encode_)};
  });
}

absl::StatusOr<Customer> CustomerStore::End(pg::Session& session, CallContext& call, const AccountName& name,
                                            const RelationshipSummary& relationship, absl::Time end_time) const {
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForLink, pg::Params().Text(name.partner).Text(name.customer));
    if (!loaded.ok()) return loaded.status();
    if (loaded->count == 0) return NotFound("CUSTOMER", CustomerName(name));
    pg::RowReader row = loaded->Row();
    const bool there = row.Bool();
    const Customer current = ReadFull(row);
    if (there && current.state == AccountState::kProvisioning) return BeingMade(name);
    if (loaded->replayed.has_value()) return Step{current};
    if (!there) {
      Customer fresh;
      fresh.name = name;
      fresh.origin = AccountOrigin::kInvitation;
      const Revision<Customer> ended =
          EndBeforeItStood(FirstOf(fresh, current, call.now), relationship, end_time, call.now);
      return Step{ended.after, InsertPlan(ended, std::nullopt, call.now, encode_)};
    }
    const Revision<Customer> revision = customer::End(current, relationship, end_time, call.now);
    if (revision.changed_fields.empty()) return Step{revision.after};
    return Step{revision.after, MovePlan(current, revision, relationship, std::nullopt, call.now, encode_)};
  });
}

absl::Status FollowRelationship(pg::Session& session, const AccountName& name,
                                const RelationshipSummary& relationship) {
  return session
      .Write(kFollow, pg::Params()
                          .Text(name.partner)
                          .Text(name.customer)
                          .Int(relationship.kind)
                          .Int(relationship.state)
                          .Int(relationship.generation)
                          .Int(relationship.revision))
      .status();
}

}  // namespace clientele::customer
