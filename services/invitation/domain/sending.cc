#include "services/invitation/domain/sending.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "services/invitation/domain/drafting.h"

namespace clientele::invitation {
namespace {

absl::Status QuotaExceeded(const std::string& partner, int limit, absl::Time now) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time tomorrow = absl::FromCivil(absl::ToCivilDay(now, utc) + 1, utc);
  const std::string name = PartnerName(partner);
  return WithRetry(WithQuota(MakeError(absl::StatusCode::kResourceExhausted, "INVITATION_QUOTA",
                                       absl::StrCat(name, " has sent its ", limit, " invitations of the day"),
                                       {{"partner", name}, {"limit", absl::StrCat(limit)}}),
                             name, absl::StrCat("at most ", limit, " invitation mails a day (UTC)")),
                   tomorrow - now);
}

// What sending has in common: the next link, its lifetime and its mail.
absl::Status Open(Revision<Invitation>& next, const SendingFacts& facts, const market::InvitationPolicy& policy,
                  absl::Time now) {
  Invitation& invitation = next.after;
  const bool mail = !Recipient(invitation).empty();
  if (absl::Status standing = CheckStanding(facts.partner, invitation.partner); !standing.ok()) return standing;
  if (!facts.open_twin.empty()) return DuplicateInvitation(facts.open_twin);
  const int limit = policy.daily_mails_to_strangers_per_partner;
  if (mail && facts.mails_today >= limit) return QuotaExceeded(invitation.partner, limit, now);
  const absl::Duration lifetime = absl::Hours(24) * invitation.lifetime_days;
  invitation.expire_time = now + lifetime;
  // An invitation that lives no longer than the reminder's distance needs none.
  invitation.reminder_time = std::nullopt;
  if (mail && lifetime > policy.reminder) invitation.reminder_time = *invitation.expire_time - policy.reminder;
  invitation.token_generation += 1;
  invitation.delivery = Delivery{};
  invitation.delivery.state = mail ? DeliveryState::kQueued : DeliveryState::kNone;
  next.changed_fields.insert(next.changed_fields.end(), {"expire_time", "delivery", "token_generation"});
  return absl::OkStatus();
}

absl::StatusOr<Revision<Invitation>> Close(const Invitation& current, InvitationAction action, const std::string& type,
                                           const std::string& reason, absl::Time now) {
  const auto state = Next(StateAt(current, now), action, NameOf(current));
  if (!state.ok()) return state.status();
  Revision<Invitation> next = NextRevision(current, type, now);
  next.after.state = *state;
  next.changed_fields = {"state"};
  if (!reason.empty()) {
    next.after.closing_reason = reason;
    next.changed_fields.push_back("closing_reason");
  }
  DropQueuedMail(next);
  return next;
}

}  // namespace

absl::StatusOr<Revision<Invitation>> Send(const Invitation& current, const SendingFacts& facts,
                                          const market::InvitationPolicy& policy, absl::Time now) {
  const auto state = Next(StateAt(current, now), InvitationAction::kSend, NameOf(current));
  if (!state.ok()) return state.status();
  Revision<Invitation> next = NextRevision(current, "invitation.sent", now);
  next.after.state = *state;
  next.changed_fields = {"state"};
  if (absl::Status status = Open(next, facts, policy, now); !status.ok()) return status;
  return next;
}

absl::StatusOr<Revision<Invitation>> Resend(const Invitation& current, int lifetime_days, const SendingFacts& facts,
                                            const market::InvitationPolicy& policy, absl::Time now) {
  const auto state = Next(StateAt(current, now), InvitationAction::kResend, NameOf(current));
  if (!state.ok()) return state.status();
  Revision<Invitation> next = NextRevision(current, "invitation.sent", now);
  if (lifetime_days != 0 && lifetime_days != current.lifetime_days) {
    next.after.lifetime_days = lifetime_days;
    next.changed_fields.push_back("lifetime_days");
  }
  if (absl::Status status = Open(next, facts, policy, now); !status.ok()) return status;
  return next;
}

absl::StatusOr<Revision<Invitation>> Cancel(const Invitation& current, const std::string& reason, absl::Time now) {
  return Close(current, InvitationAction::kCancel, "invitation.cancelled", reason, now);
}

absl::StatusOr<Revision<Invitation>> Decline(const Invitation& current, const std::string& reason, absl::Time now) {
  return Close(current, InvitationAction::kDecline, "invitation.declined", reason, now);
}

absl::StatusOr<Revision<Invitation>> Expire(const Invitation& current, absl::Time now) {
  if (StateAt(current, now) != InvitationState::kExpired || current.state == InvitationState::kExpired) {
    return InvalidTransition(NameOf(current), WordOf(StateAt(current, now)), WordOf(InvitationState::kExpired));
  }
  Revision<Invitation> next = NextRevision(current, "invitation.expired", now);
  next.after.state = InvitationState::kExpired;
  next.changed_fields = {"state"};
  DropQueuedMail(next);
  return next;
}

void DropQueuedMail(Revision<Invitation>& revision) {
  if (revision.after.delivery.state != DeliveryState::kQueued) return;
  revision.after.delivery.state = DeliveryState::kNone;
  revision.changed_fields.push_back("delivery");
}

}  // namespace clientele::invitation
