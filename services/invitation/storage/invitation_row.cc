#include "services/invitation/storage/invitation_row.h"

#include "absl/strings/str_cat.h"

namespace clientele::invitation {
namespace {

// What a change may change.
struct Column {
  const char* name;
  const char* type;
};
constexpr Column kChange[] = {
    {"state", "smallint"},
    {"lifetime_days", "integer"},
    {"expire_time", "timestamptz"},
    {"reminder_time", "timestamptz"},
    {"token_generation", "bigint"},
    {"delivery_state", "smallint"},
    {"delivery_attempt_count", "integer"},
    {"delivery_send_time", "timestamptz"},
    {"delivery_last_error", "text"},
    {"acceptance_error", "text"},
    {"accepted_relationship", "text"},
    {"closing_reason", "text"},
    {"revision", "bigint"},
    {"etag_revision", "bigint"},
    {"update_time", "timestamptz"},
};

}  // namespace

const char kInvitationColumns[] =
    "i.id, i.partner, i.kind, i.state, i.target_kind, i.target_value, i.target_issuer, i.recipient_email, i.locale, "
    "i.message, i.lifetime_days, i.expire_time, i.reminder_time, i.delivery_state, "
    "CASE WHEN i.delivery_state = 2 THEN coalesce(m.attempt_count, 0) ELSE i.delivery_attempt_count END, "
    "i.delivery_send_time, "
    "CASE WHEN i.delivery_state = 2 THEN coalesce(m.last_error, '') ELSE i.delivery_last_error END, "
    "coalesce(s.attempt_count, 0), CASE WHEN s.last_error <> '' THEN s.next_attempt END, "
    "coalesce(s.last_error, i.acceptance_error), "
    "i.accepted_relationship, i.closing_reason, i.token_generation, i.revision, i.etag_revision, i.create_time, "
    "i.update_time";

const char kInvitationJoins[] =
    "LEFT JOIN invitation_mail m ON i.delivery_state = 2 AND m.invitation = i.id "
    "AND m.generation = i.token_generation AND m.kind = 1 "
    "LEFT JOIN saga s ON i.state = 3 AND NOT s.done AND s.kind = 'invitation.accept' "
    "AND s.subject = 'partners/' || i.partner || '/invitations/' || i.id";

Invitation ReadInvitation(pg::RowReader& row) {
  Invitation invitation;
  invitation.id = row.Text();
  invitation.partner = row.Text();
  invitation.kind = static_cast<InvitationKind>(row.Int());
  invitation.state = static_cast<InvitationState>(row.Int());
  invitation.target.kind = static_cast<TargetKind>(row.Int());
  const std::string value = row.Text();
  const std::string issuer = row.Text();
  if (invitation.target.kind == TargetKind::kEmail) invitation.target.email = value;
  if (invitation.target.kind == TargetKind::kDomain) invitation.target.domain = value;
  if (invitation.target.kind == TargetKind::kDirectoryTenant) invitation.target.directory_tenant = {issuer, value};
  invitation.recipient_email = row.Text();
  invitation.locale = row.Text();
  invitation.message = row.Text();
  invitation.lifetime_days = static_cast<int>(row.Int());
  invitation.expire_time = row.OptionalTime();
  invitation.reminder_time = row.OptionalTime();
  invitation.delivery.state = static_cast<DeliveryState>(row.Int());
  invitation.delivery.attempt_count = static_cast<int>(row.Int());
  invitation.delivery.send_time = row.OptionalTime();
  invitation.delivery.last_error = row.Text();
  invitation.progress.attempt_count = static_cast<int>(row.Int());
  invitation.progress.next_attempt_time = row.OptionalTime();
  invitation.progress.last_error = row.Text();
  invitation.accepted_relationship = row.Text();
  invitation.closing_reason = row.Text();
  invitation.token_generation = row.Int();
  invitation.revision = row.Int();
  invitation.etag_revision = row.Int();
  invitation.create_time = row.Time();
  invitation.update_time = row.Time();
  return invitation;
}

std::vector<pg::GivenColumn> WithChange(std::vector<pg::GivenColumn> columns) {
  for (const Column& column : kChange) columns.push_back({column.name, column.type});
  return columns;
}

std::string ChangeAssignments() {
  std::string assignments;
  for (const Column& column : kChange) {
    absl::StrAppend(&assignments, assignments.empty() ? "" : ", ", column.name, " = given.", column.name);
  }
  return assignments;
}

void AppendChange(const Invitation& after, pg::Params& params) {
  params.Int(static_cast<int>(after.state))
      .Int(after.lifetime_days)
      .TimeOrNull(after.expire_time)
      .TimeOrNull(after.reminder_time)
      .Int(after.token_generation)
      .Int(static_cast<int>(after.delivery.state))
      .Int(after.delivery.attempt_count)
      .TimeOrNull(after.delivery.send_time)
      .Text(after.delivery.last_error)
      .Text(after.progress.last_error)
      .Text(after.accepted_relationship)
      .Text(after.closing_reason)
      .Int(after.revision)
      .Int(after.etag_revision)
      .Time(after.update_time);
}

}  // namespace clientele::invitation
