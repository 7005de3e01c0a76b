#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/call_context.h"
#include "common/pg/session.h"
#include "services/invitation/domain/mail_delivery.h"
#include "services/invitation/domain/partner_fact.h"
#include "services/invitation/storage/invitation_closing.h"

namespace clientele::invitation {

// A mail that this replica has leased, with what is written in it.
struct LeasedMail {
  QueuedMail mail;
  Invitation invitation;
  std::optional<PartnerFact> partner;
};

// The durable queue of mails. Thread-safe: it holds no state.
class MailQueue {
 public:
  MailQueue(std::string owner, Encode<Invitation> encode);

  // Leases the mail whose turn came longest ago; nullopt where none is due. What a killed replica had leased is due
  // again when its lease runs out (database clock).
  absl::StatusOr<std::optional<LeasedMail>> Lease(pg::Session& session, absl::Time now, absl::Duration lease) const;

  // Gives a mail back unsent, for its turn at `next_attempt`.
  absl::Status Postpone(pg::Session& session, const QueuedMail& mail, absl::Time next_attempt) const;
  // Closes a mail that is not to be sent.
  absl::Status Drop(pg::Session& session, const QueuedMail& mail, absl::Time now) const;
  // Writes what became of a mail: on its row, and with an event on the invitation where it means something to it.
  // Nothing where the lease was lost: then somebody else decides.
  absl::Status Settle(pg::Session& session, CallContext& call, const QueuedMail& mail, const MailFate& fate) const;

  // Queues reminders that are due, at most `limit`; answers how many were due.
  absl::StatusOr<int> QueueReminders(pg::Session& session, absl::Time now, int limit) const;
  // Deletes, `limit` at most, mails that were closed before `before` and counts of days before it.
  absl::StatusOr<int> Purge(pg::Session& session, absl::Time before, int limit) const;

 private:
  absl::Status SettleRow(pg::Session& session, const QueuedMail& mail, const MailFate& fate, absl::Time now) const;

  const std::string owner_;
  const Encode<Invitation> encode_;
};

}  // namespace clientele::invitation
