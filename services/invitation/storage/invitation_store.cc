#include "services/invitation/storage/invitation_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "services/invitation/storage/invitation_row.h"
#include "services/invitation/storage/partner_fact_store.h"

namespace clientele::invitation {
namespace {

std::string SelectFacts(const std::string& id, const std::string& day) {
  return absl::StrCat(
      "SELECT ", kInvitationColumns, ", ", kPartnerFactColumns,
      ", t.id, t.state, t.expire_time, coalesce(c.mails, 0) FROM invitation i ", kInvitationJoins,
      " LEFT JOIN partner_fact p ON p.partner = i.partner "
      "LEFT JOIN invitation t ON t.partner = i.partner AND t.kind = i.kind AND t.target_key = i.target_key "
      "AND t.state IN (2, 3) AND t.id <> i.id "
      "LEFT JOIN mail_count c ON c.partner = i.partner AND c.day = ",
      day, " WHERE i.id = ", id);
}

const pg::LoadStatement kLoad("invitation_load", {{"id", "uuid"}, {"day", "date"}},
                              SelectFacts("given.id", "given.day"));
const pg::Statement kFind{"invitation_find", SelectFacts("$1::uuid", "$2::date")};
const pg::Statement kFetch{
    "invitation_fetch",
    absl::StrCat("SELECT given.place, ", kInvitationColumns, " FROM ", pg::GivenRows({{"id", "uuid"}}),
                 " AS given JOIN invitation i ON i.id = given.id ", kInvitationJoins)};

const pg::LoadStatement kLoadForDraft(
    "invitation_load_draft", {{"partner", "uuid"}, {"kind", "smallint"}, {"target_key", "text"}},
    absl::StrCat("SELECT ", kPartnerFactColumns,
                 ", t.id, t.state, t.expire_time FROM (SELECT) AS one "
                 "LEFT JOIN partner_fact p ON p.partner = given.partner "
                 "LEFT JOIN invitation t ON t.partner = given.partner AND t.kind = given.kind "
                 "AND t.target_key = given.target_key AND t.state IN (2, 3)"));

const pg::WriteStatement kInsert(
    "invitation_insert",
    {{"id", "uuid"},
     {"partner", "uuid"},
     {"kind", "smallint"},
     {"state", "smallint"},
     {"target_kind", "smallint"},
     {"target_value", "text"},
     {"target_issuer", "text"},
     {"target_key", "text"},
     {"target_host", "text"},
     {"recipient_email", "text"},
     {"locale", "text"},
     {"message", "text"},
     {"lifetime_days", "integer"},
     {"revision", "bigint"},
     {"create_time", "timestamptz"}},
    "entity AS (INSERT INTO invitation (id, partner, kind, state, target_kind, target_value, target_issuer, "
    "target_key, target_host, recipient_email, locale, message, lifetime_days, token_generation, delivery_state, "
    "delivery_attempt_count, delivery_last_error, acceptance_error, accepted_relationship, closing_reason, revision, "
    "etag_revision, create_time, update_time) SELECT id, partner, kind, state, target_kind, target_value, "
    "target_issuer, target_key, target_host, recipient_email, locale, message, lifetime_days, 0, 1, 0, '', '', '', '', "
    "revision, revision, create_time, create_time FROM given ON CONFLICT DO NOTHING RETURNING id)");

const pg::WriteStatement kChange(
    "invitation_change", WithChange({{"id", "uuid"}, {"loaded_revision", "bigint"}}),
    absl::StrCat("entity AS (UPDATE invitation i SET ", ChangeAssignments(),
                 " FROM given WHERE i.id = given.id AND i.revision = given.loaded_revision "
                 "RETURNING i.id)"));

// The invitation is locked at the revision that was loaded before its mail is counted, so the counter never counts
// what is not sent, and never passes the limit however many send at once. Alone, since a partner's invitations have one
// counter.
const pg::WriteStatement kOpen(
    "invitation_open",
    WithChange({{"id", "uuid"}, {"loaded_revision", "bigint"}, {"day", "date"}, {"quota", "integer"}}),
    absl::StrCat("held AS MATERIALIZED (SELECT i.partner, given.day, given.quota FROM invitation i, given "
                 "WHERE i.id = given.id AND i.revision = given.loaded_revision FOR NO KEY UPDATE OF i), "
                 "counted AS (INSERT INTO mail_count AS c (partner, day, mails) SELECT partner, day, 1 FROM held "
                 "WHERE quota > 0 ON CONFLICT (partner, day) DO UPDATE SET mails = c.mails + 1 "
                 "WHERE c.mails < (SELECT quota FROM held) RETURNING c.partner), "
                 "entity AS (UPDATE invitation i SET ",
                 ChangeAssignments(),
                 " FROM given, counted WHERE i.id = given.id AND i.revision = given.loaded_revision "
                 "AND i.partner = counted.partner RETURNING i.id, i.token_generation, i.update_time), "
                 "queued AS (INSERT INTO invitation_mail (invitation, generation, kind, next_attempt, create_time) "
                 "SELECT id, token_generation, 1, update_time, update_time FROM entity)"),
    pg::Grouping::kAlone);

std::string DayOf(absl::Time now) { return absl::FormatTime("%Y-%m-%d", now, absl::UTCTimeZone()); }

// An open invitation for the same target, as far as a load brings it.
struct Twin {
  std::string id;
  InvitationState state = InvitationState::kOpen;
  absl::Time expire_time;

  bool StaleAt(absl::Time now) const { return !id.empty() && state == InvitationState::kOpen && now >= expire_time; }
};

Twin ReadTwin(pg::RowReader& row) {
  Twin twin;
  twin.id = row.Text();
  twin.state = static_cast<InvitationState>(row.Int());
  twin.expire_time = row.Time();
  return twin;
}

// Name of a twin that stands in the way at `now`.
std::string Blocking(const Twin& twin, const std::string& partner, absl::Time now) {
  return twin.id.empty() || twin.StaleAt(now) ? "" : InvitationName(partner, twin.id);
}

InvitationFacts ReadFacts(pg::RowReader& row, absl::Time now, Twin* twin) {
  InvitationFacts facts;
  facts.invitation = ReadInvitation(row);
  facts.partner = ReadPartnerFact(row);
  *twin = ReadTwin(row);
  facts.open_twin = Blocking(*twin, facts.invitation.partner, now);
  facts.mails_today = static_cast<int>(row.Int());
  return facts;
}

pg::Params InsertParams(const Invitation& invitation) {
  const InvitationTarget& target = invitation.target;
  const std::string value = target.kind == TargetKind::kEmail    ? target.email
                            : target.kind == TargetKind::kDomain ? target.domain
                                                                 : target.directory_tenant.tenant_id;
  pg::Params params;
  params.Text(invitation.id)
      .Text(invitation.partner)
      .Int(static_cast<int>(invitation.kind))
      .Int(static_cast<int>(invitation.state))
      .Int(static_cast<int>(target.kind))
      .Text(value)
      .Text(target.directory_tenant.issuer)
      .Text(TargetKey(target))
      .Text(TargetHost(target))
      .Text(invitation.recipient_email)
      .Text(invitation.locale)
      .Text(invitation.message)
      .Int(invitation.lifetime_days)
      .Int(invitation.revision)
      .Time(invitation.create_time);
  return params;
}

// Whether the change gives out a new link by mail.
bool QueuesMail(const Invitation& before, const Invitation& after) {
  return after.token_generation > before.token_generation && after.delivery.state == DeliveryState::kQueued;
}

pg::WritePlan ChangePlan(const Invitation& before, const Revision<Invitation>& revision, int quota,
                         const Encode<Invitation>& encode) {
  const Invitation& after = revision.after;
  pg::Params params;
  params.Text(before.id).Int(before.revision);
  const bool queues = QueuesMail(before, after);
  if (queues) params.Text(DayOf(after.update_time)).Int(quota);
  AppendChange(after, params);
  return PlanOf(queues ? kOpen : kChange, std::move(params), ChangeOf(revision, encode));
}

}  // namespace

struct InvitationStore::Loaded {
  std::optional<pg::Recorded> replayed;
  std::optional<InvitationFacts> facts;
};

InvitationStore::InvitationStore(Encode<Invitation> encode) : encode_(std::move(encode)) {}

absl::Status InvitationStore::ExpireStale(pg::Session& session, const CallContext& call, const std::string& id) const {
  const auto stale = Fetch(session, {id});
  if (!stale.ok()) return stale.status();
  if (!stale->front().has_value()) return absl::OkStatus();
  CallContext clock = ClockContext(call.now);
  clock.trace_id = call.trace_id;
  return WriteExpired(session, clock, {*stale->front()}, encode_);
}

absl::StatusOr<Invitation> InvitationStore::Create(pg::Session& session, CallContext& call, const std::string& partner,
                                                   const Invitation& checked, const DecideDraft& decide) const {
  using Step = pg::Step<Invitation>;
  pg::Params params;
  params.Text(partner).Int(static_cast<int>(checked.kind)).Text(TargetKey(checked.target));
  return pg::RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadForDraft, params);
    if (!loaded.ok()) return loaded.status();
    if (loaded->replayed.has_value()) {
      const auto facts = Find(session, IdsOf(loaded->replayed->resource).invitation, call.now);
      if (!facts.ok()) return facts.status();
      return Step{facts->invitation};
    }
    DraftingFacts facts;
    pg::RowReader row = loaded->Row();
    facts.partner = ReadPartnerFact(row);
    facts.open_twin = Blocking(ReadTwin(row), partner, call.now);
    const absl::StatusOr<Revision<Invitation>> revision = decide(facts);
    if (!revision.ok()) return revision.status();
    if (call.validate_only) return Step{revision->after};
    return Step{revision->after, PlanOf(kInsert, InsertParams(revision->after), ChangeOf(*revision, encode_))};
  });
}

absl::StatusOr<InvitationStore::Loaded> InvitationStore::Load(pg::Session& session, CallContext& call,
                                                              const std::string& id) const {
  pg::Params params;
  params.Text(id).Text(DayOf(call.now));
  // A twin whose time passed still stands in the unique index: it is closed first, then all is loaded anew.
  for (int attempt = 0;; ++attempt) {
    const auto found = pg::Load(session, call, kLoad, params);
    if (!found.ok()) return found.status();
    Loaded loaded{found->replayed, std::nullopt};
    if (found->count == 0) return loaded;
    Twin twin;
    pg::RowReader row = found->Row();
    loaded.facts = ReadFacts(row, call.now, &twin);
    if (!twin.StaleAt(call.now) || call.validate_only || loaded.replayed.has_value() || attempt > 0) return loaded;
    if (absl::Status status = ExpireStale(session, call, twin.id); !status.ok()) return status;
  }
}

absl::StatusOr<pg::Step<InvitationStore::Changed>> InvitationStore::Attempt(pg::Session& session, CallContext& call,
                                                                            const Command& command,
                                                                            const std::string& saga) const {
  using Step = pg::Step<Changed>;
  const absl::StatusOr<Loaded> loaded = Load(session, call, command.reference.invitation);
  if (!loaded.ok()) return loaded.status();
  const std::string& partner = command.reference.partner;
  if (!loaded->facts.has_value() || (!partner.empty() && loaded->facts->invitation.partner != partner)) {
    return InvitationNotFound(partner.empty() ? "" : InvitationName(partner, command.reference.invitation));
  }
  const Invitation& current = loaded->facts->invitation;
  if (loaded->replayed.has_value()) return Step{{current, pg::BegunBefore(*loaded->replayed, saga)}};
  if (absl::Status same = CheckEtag(NameOf(current), command.etag, EtagOf(current)); !same.ok()) return same;
  const absl::StatusOr<Revision<Invitation>> revision = command.decide(*loaded->facts);
  if (!revision.ok()) return revision.status();
  if (call.validate_only || revision->changed_fields.empty()) return Step{{revision->after, {}}};
  Step step{{revision->after, {}}, ChangePlan(current, *revision, command.quota, encode_)};
  if (command.saga) {
    step.plan->saga = command.saga(revision->after);
    step.plan->saga->id = saga;
    step.answer.begun = {saga, NameOf(revision->after), true};
  }
  return step;
}

absl::StatusOr<InvitationStore::Changed> InvitationStore::Change(pg::Session& session, CallContext& call,
                                                                 const Command& command) const {
  // Made once: a commit in doubt is found again by it.
  const std::string saga = Uuid::NewV7(call.now).ToString();
  return pg::RunCommand(session, call, [&] { return Attempt(session, call, command, saga); });
}

absl::StatusOr<InvitationFacts> InvitationStore::Find(pg::Session& session, const std::string& id,
                                                      absl::Time now) const {
  pg::Params params;
  params.Text(id).Text(DayOf(now));
  const auto rows = session.Read(kFind, params);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return InvitationNotFound("");
  pg::RowReader row(*rows, 0);
  Twin twin;
  return ReadFacts(row, now, &twin);
}

absl::StatusOr<std::vector<std::optional<Invitation>>> InvitationStore::Fetch(pg::Session& session,
                                                                              const std::vector<std::string>& ids) {
  return pg::FetchByPlace(session, kFetch, pg::Params().TextArray(ids), ids.size(), ReadInvitation);
}

}  // namespace clientele::invitation
