#include "services/invitation/storage/mail_queue.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pg/command.h"
#include "services/invitation/storage/invitation_row.h"
#include "services/invitation/storage/partner_fact_store.h"

namespace clientele::invitation {
namespace {

// $1 owner, $2 now, $3 lease in seconds.
const pg::Statement kLease{
    "mail_lease",
    absl::StrCat(
        "WITH due AS (SELECT invitation, generation, kind FROM invitation_mail WHERE state = 1 AND next_attempt <= $2 "
        "AND lease_until <= clock_timestamp() ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED), "
        "leased AS (UPDATE invitation_mail q SET owner = $1, "
        "lease_until = clock_timestamp() + make_interval(secs => $3::double precision) FROM due "
        "WHERE q.invitation = due.invitation AND q.generation = due.generation AND q.kind = due.kind "
        "RETURNING q.invitation, q.generation, q.kind, q.attempt_count, q.create_time) "
        "SELECT leased.invitation, leased.generation, leased.kind, leased.attempt_count, leased.create_time, ",
        kInvitationColumns, ", ", kPartnerFactColumns, " FROM leased JOIN invitation i ON i.id = leased.invitation ",
        kInvitationJoins, " LEFT JOIN partner_fact p ON p.partner = i.partner")};

// $1–$3 the mail, $4 owner.
constexpr char kHeld[] = " WHERE invitation = $1 AND generation = $2 AND kind = $3 AND owner = $4 AND state = 1";

const pg::Statement kPostpone{
    "mail_postpone",
    absl::StrCat("UPDATE invitation_mail SET next_attempt = $5, owner = '', lease_until = '-infinity'", kHeld)};

// $5 state, $6 attempts, $7 next attempt (NULL: none), $8 error, $9 done (NULL: not).
constexpr char kSettleAssignments[] =
    "state = $5, attempt_count = $6, next_attempt = coalesce($7, next_attempt), last_error = $8, done_time = $9, "
    "owner = '', lease_until = '-infinity'";
const pg::Statement kSettleRow{"mail_settle_row",
                               absl::StrCat("UPDATE invitation_mail SET ", kSettleAssignments, kHeld)};

// The invitation first, guarded by its revision; its mail is fed by it.
const pg::WriteStatement kSettle(
    "mail_settle",
    WithChange({{"id", "uuid"},
                {"generation", "bigint"},
                {"mail_kind", "smallint"},
                {"owner", "text"},
                {"mail_state", "smallint"},
                {"attempt_count", "integer"},
                {"next_attempt", "timestamptz"},
                {"last_error", "text"},
                {"done_time", "timestamptz"},
                {"loaded_revision", "bigint"}}),
    absl::StrCat("entity AS (UPDATE invitation i SET ", ChangeAssignments(),
                 " FROM given JOIN invitation_mail q ON q.invitation = given.id AND q.generation = given.generation "
                 "AND q.kind = given.mail_kind AND q.owner = given.owner AND q.state = 1 "
                 "WHERE i.id = given.id AND i.revision = given.loaded_revision RETURNING i.id), "
                 "settled AS (UPDATE invitation_mail q SET state = given.mail_state, "
                 "attempt_count = given.attempt_count, next_attempt = coalesce(given.next_attempt, q.next_attempt), "
                 "last_error = given.last_error, done_time = given.done_time, owner = '', lease_until = '-infinity' "
                 "FROM entity JOIN given ON given.id = entity.id WHERE q.invitation = given.id "
                 "AND q.generation = given.generation AND q.kind = given.mail_kind)"));

const pg::LoadStatement kLoadHeld(
    "mail_load_held", {{"invitation", "uuid"}, {"generation", "bigint"}, {"kind", "smallint"}, {"owner", "text"}},
    absl::StrCat("SELECT ", kInvitationColumns, " FROM invitation i ", kInvitationJoins,
                 " WHERE i.id = given.invitation AND EXISTS (SELECT FROM invitation_mail q "
                 "WHERE q.invitation = given.invitation AND q.generation = given.generation "
                 "AND q.kind = given.kind AND q.owner = given.owner AND q.state = 1)"));

// A reminder is for an invitation whose mail went out; while that one is queued, the reminder waits. $1 now, $2 limit.
const pg::Statement kRemind{
    "mail_remind",
    "WITH due AS (SELECT id, token_generation, delivery_state FROM invitation WHERE state = 2 AND reminder_time <= $1 "
    "AND expire_time > $1 AND delivery_state <> 2 ORDER BY reminder_time LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED), "
    "marked AS (UPDATE invitation i SET reminder_time = NULL FROM due WHERE i.id = due.id RETURNING i.id), "
    "queued AS (INSERT INTO invitation_mail (invitation, generation, kind, next_attempt, create_time) "
    "SELECT id, token_generation, 2, $1, $1 FROM due WHERE delivery_state = 3 ON CONFLICT DO NOTHING) "
    "SELECT count(*) FROM marked"};

// $1 before, $2 limit.
const pg::Statement kPurge{
    "mail_purge",
    "WITH old AS (SELECT invitation, generation, kind FROM invitation_mail WHERE state <> 1 AND done_time < $1 "
    "ORDER BY done_time LIMIT $2 FOR UPDATE SKIP LOCKED), "
    "gone AS (DELETE FROM invitation_mail q USING old WHERE q.invitation = old.invitation "
    "AND q.generation = old.generation AND q.kind = old.kind RETURNING 1), "
    "days AS (DELETE FROM mail_count WHERE (partner, day) IN (SELECT partner, day FROM mail_count "
    "WHERE day < ($1 AT TIME ZONE 'UTC')::date ORDER BY day LIMIT $2) RETURNING 1) "
    "SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM days)"};

std::optional<absl::Time> DoneTime(const MailFate& fate, absl::Time now) {
  return fate.state == MailState::kQueued ? std::nullopt : std::make_optional(now);
}

pg::Params HeldBy(const std::string& owner, const QueuedMail& mail) {
  pg::Params params;
  params.Text(mail.invitation).Int(mail.generation).Int(static_cast<int>(mail.kind)).Text(owner);
  return params;
}

pg::Params SettleParams(const std::string& owner, const QueuedMail& mail, const MailFate& fate, absl::Time now) {
  pg::Params params = HeldBy(owner, mail);
  params.Int(static_cast<int>(fate.state))
      .Int(fate.attempt_count)
      .TimeOrNull(fate.next_attempt)
      .Text(fate.last_error)
      .TimeOrNull(DoneTime(fate, now));
  return params;
}

}  // namespace

MailQueue::MailQueue(std::string owner, Encode<Invitation> encode)
    : owner_(std::move(owner)), encode_(std::move(encode)) {}

absl::StatusOr<std::optional<LeasedMail>> MailQueue::Lease(pg::Session& session, absl::Time now,
                                                           absl::Duration lease) const {
  pg::Params params;
  params.Text(owner_).Time(now).Int(absl::ToInt64Seconds(lease));
  const auto rows = session.Write(kLease, params);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<LeasedMail>();
  pg::RowReader row(*rows, 0);
  LeasedMail leased;
  leased.mail.invitation = row.Text();
  leased.mail.generation = row.Int();
  leased.mail.kind = static_cast<MailKind>(row.Int());
  leased.mail.attempt_count = static_cast<int>(row.Int());
  leased.mail.create_time = row.Time();
  leased.invitation = ReadInvitation(row);
  leased.partner = ReadPartnerFact(row);
  return std::make_optional(std::move(leased));
}

absl::Status MailQueue::Postpone(pg::Session& session, const QueuedMail& mail, absl::Time next_attempt) const {
  pg::Params params = HeldBy(owner_, mail);
  params.Time(next_attempt);
  return session.Write(kPostpone, params).status();
}

absl::Status MailQueue::Drop(pg::Session& session, const QueuedMail& mail, absl::Time now) const {
  MailFate fate;
  fate.state = MailState::kDropped;
  fate.attempt_count = mail.attempt_count;
  return SettleRow(session, mail, fate, now);
}

absl::Status MailQueue::SettleRow(pg::Session& session, const QueuedMail& mail, const MailFate& fate,
                                  absl::Time now) const {
  return session.Write(kSettleRow, SettleParams(owner_, mail, fate, now)).status();
}

absl::Status MailQueue::Settle(pg::Session& session, CallContext& call, const QueuedMail& mail,
                               const MailFate& fate) const {
  using Step = pg::Step<pg::NoAnswer>;
  const auto attempt = [&]() -> absl::StatusOr<Step> {
    const auto loaded = pg::Load(session, call, kLoadHeld, HeldBy(owner_, mail));
    if (!loaded.ok()) return loaded.status();
    if (loaded->count == 0) return Step{};
    pg::RowReader row = loaded->Row();
    const Invitation current = ReadInvitation(row);
    const std::optional<Revision<Invitation>> revision = Deliver(current, mail, fate, call.now);
    if (!revision.has_value()) {
      if (absl::Status status = SettleRow(session, mail, fate, call.now); !status.ok()) return status;
      return Step{};
    }
    pg::Params params = SettleParams(owner_, mail, fate, call.now);
    params.Int(current.revision);
    AppendChange(revision->after, params);
    return Step{{}, PlanOf(kSettle, std::move(params), ChangeOf(*revision, encode_))};
  };
  return pg::RunCommand(session, call, attempt).status();
}

absl::StatusOr<int> MailQueue::QueueReminders(pg::Session& session, absl::Time now, int limit) const {
  pg::Params params;
  params.Time(now).Int(limit);
  const auto rows = session.Write(kRemind, params);
  if (!rows.ok()) return rows.status();
  return static_cast<int>(rows->Int(0, 0));
}

absl::StatusOr<int> MailQueue::Purge(pg::Session& session, absl::Time before, int limit) const {
  pg::Params params;
  params.Time(before).Int(limit);
  const auto rows = session.Write(kPurge, params);
  if (!rows.ok()) return rows.status();
  return static_cast<int>(rows->Int(0, 0));
}

}  // namespace clientele::invitation
