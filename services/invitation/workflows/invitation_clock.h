#pragma once

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/core/clock.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"
#include "services/invitation/storage/invitation_batch.h"
#include "services/invitation/storage/mail_queue.h"

namespace clientele::invitation {

// What time brings about: invitations expire, reminders fall due, and mails that were kept long enough go. Small
// batches on the bulk lane, driven by a thread of its own. Several replicas do no harm to each other.
class InvitationClock {
 public:
  struct Options {
    absl::Duration poll = absl::Seconds(1);
    absl::Duration purge_every = absl::Minutes(10);
  };
  // `mail_queued` is called after reminders were queued.
  InvitationClock(Options options, const Clock& clock, pg::Executor& executor, const InvitationBatch& invitations,
                  const MailQueue& mails, std::function<void()> mail_queued);
  ~InvitationClock();

  void Start();
  // Returns once nothing runs. Idempotent.
  void Stop();

  // One turn: everything that is due now. What Start does over and over.
  absl::Status Turn();
  // Deletes closed mails, and the counts of days, after 30 days.
  absl::Status Purge();

 private:
  void Run();
  bool Stopping();
  // Runs `batch` until it finds less than `full`.
  absl::Status Repeat(int full, const std::function<absl::StatusOr<int>(pg::Session&)>& batch);

  const Options options_;
  const Clock& clock_;
  pg::Executor& executor_;
  const InvitationBatch& invitations_;
  const MailQueue& mails_;
  const std::function<void()> mail_queued_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace clientele::invitation
