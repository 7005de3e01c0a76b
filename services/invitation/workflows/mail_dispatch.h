#pragma once

#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/clock.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/storage/mail_queue.h"
#include "services/invitation/workflows/mail_templates.h"
#include "services/invitation/workflows/smtp_sender.h"

namespace clientele::invitation {

struct MailDispatchOptions {
  std::string sender;  // address in From and in the envelope
  SmtpOptions smtp;
  absl::Duration poll = absl::Seconds(1);
};

// Empties the mail queue on a thread of its own: leases a mail, renders it with the link of its generation, hands it to
// the mail server and writes what became of it. One at a time, so that what was cancelled meanwhile is not sent.
class MailDispatch {
 public:
  MailDispatch(MailDispatchOptions options, const Clock& clock, pg::Executor& executor, const MailQueue& queue,
               const MailTemplates& templates, const InvitationTokens& tokens);
  ~MailDispatch();

  void Start();
  // Breaks off what is under way, which stays in the queue, and returns once nothing runs. Idempotent.
  void Stop();
  // A mail was queued: it need not wait for the next look. Any thread.
  void Kick();

  // Takes one mail through; false where none was due. What Start does over and over.
  absl::StatusOr<bool> DispatchOne();

 private:
  void Run();
  bool Stopping();
  absl::Status Handle(const LeasedMail& leased);
  absl::Status SendIt(const LeasedMail& leased, const PartnerFact& partner);

  const MailDispatchOptions options_;
  const Clock& clock_;
  pg::Executor& executor_;
  const MailQueue& queue_;
  const MailTemplates& templates_;
  const InvitationTokens& tokens_;
  SmtpSender sender_;
  Mutex mutex_;
  CondVar changed_;
  bool kicked_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace clientele::invitation
