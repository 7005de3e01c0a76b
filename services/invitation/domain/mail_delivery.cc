#include "services/invitation/domain/mail_delivery.h"

#include "common/core/backoff.h"

namespace clientele::invitation {
namespace {

constexpr absl::Duration kTriedFor = absl::Hours(48);
const Backoff kBackoff{absl::Seconds(30), absl::Hours(1), 2.0};

}  // namespace

MailTurn TurnOf(const QueuedMail& mail, const Invitation& invitation, absl::Time now) {
  if (mail.generation != invitation.token_generation) return MailTurn::kDrop;
  switch (StateAt(invitation, now)) {
    case InvitationState::kOpen:
      return MailTurn::kSend;
    case InvitationState::kAccepting:
      return MailTurn::kWait;
    default:
      return MailTurn::kDrop;
  }
}

MailFate FateAfter(const QueuedMail& mail, const MailAttempt& attempt, absl::Time now, double random) {
  MailFate fate;
  fate.attempt_count = mail.attempt_count + 1;
  fate.last_error = attempt.error;
  switch (attempt.result) {
    case MailAttempt::Result::kTaken:
      fate.state = MailState::kSent;
      fate.last_error.clear();
      return fate;
    case MailAttempt::Result::kRefused:
      fate.state = MailState::kFailed;
      return fate;
    case MailAttempt::Result::kTryAgain:
      break;
  }
  const absl::Time next = now + kBackoff.Delay(fate.attempt_count, random);
  if (next >= mail.create_time + kTriedFor) {
    fate.state = MailState::kFailed;
  } else {
    fate.next_attempt = next;
  }
  return fate;
}

std::optional<Revision<Invitation>> Deliver(const Invitation& current, const QueuedMail& mail, const MailFate& fate,
                                            absl::Time now) {
  const bool sent = fate.state == MailState::kSent;
  const bool bounced = fate.state == MailState::kFailed && mail.kind == MailKind::kInvitation;
  if (mail.generation != current.token_generation || (!sent && !bounced)) return std::nullopt;
  const bool reminder = mail.kind == MailKind::kReminder;
  Revision<Invitation> next = NextRevision(current,
                                           bounced    ? "invitation.bounced"
                                           : reminder ? "invitation.reminded"
                                                      : "invitation.sent",
                                           now);
  // The mail's own progress breaks nobody's etag.
  next.after.etag_revision = current.etag_revision;
  next.after.delivery.state = sent ? DeliveryState::kSent : DeliveryState::kFailed;
  next.after.delivery.attempt_count = fate.attempt_count;
  next.after.delivery.last_error = fate.last_error;
  if (sent) next.after.delivery.send_time = now;
  next.changed_fields = {"delivery"};
  return next;
}

}  // namespace clientele::invitation
