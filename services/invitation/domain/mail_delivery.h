#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/core/revision.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {

// The numbers are those of the table.
enum class MailKind { kInvitation = 1, kReminder = 2 };
enum class MailState { kQueued = 1, kSent = 2, kFailed = 3, kDropped = 4 };

// A mail that waits in the queue. Neither its text nor its link is stored: both are made when it leaves.
struct QueuedMail {
  std::string invitation;  // id
  int64_t generation = 0;  // of the link in it
  MailKind kind = MailKind::kInvitation;
  int attempt_count = 0;  // so far
  absl::Time create_time;
};

// What to do with a mail whose turn has come.
enum class MailTurn { kSend, kWait, kDrop };
// Only an OPEN invitation's mail leaves, and only with the newest link. While it is being accepted the mail waits.
MailTurn TurnOf(const QueuedMail& mail, const Invitation& invitation, absl::Time now);

// How an attempt ended.
struct MailAttempt {
  enum class Result { kTaken, kTryAgain, kRefused };
  Result result = Result::kTryAgain;
  std::string error;  // what the mail server said; no address in it
};

// What becomes of the mail after an attempt: its next state, and the next turn where it stays queued.
struct MailFate {
  MailState state = MailState::kQueued;
  int attempt_count = 0;
  absl::Time next_attempt = absl::InfiniteFuture();
  std::string last_error;
};
// What may pass is tried again with growing delays for two days; `random` in [0, 1) spreads them.
MailFate FateAfter(const QueuedMail& mail, const MailAttempt& attempt, absl::Time now, double random);

// What the fate means to the invitation: invitation.sent, bounced or reminded; nullopt where it changes nothing: the
// mail waits on, an older link's mail, or a reminder that did not get through.
std::optional<Revision<Invitation>> Deliver(const Invitation& current, const QueuedMail& mail, const MailFate& fate,
                                            absl::Time now);

}  // namespace clientele::invitation
