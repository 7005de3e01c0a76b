#include "services/invitation/workflows/invitation_clock.h"

#include <chrono>
#include <utility>

#include "common/obs/log.h"
#include "services/invitation/workflows/await_job.h"

namespace clientele::invitation {
namespace {

constexpr int kBatch = 200;
constexpr absl::Duration kMailsKept = absl::Hours(24 * 30);

}  // namespace

InvitationClock::InvitationClock(Options options, const Clock& clock, pg::Executor& executor,
                                 const InvitationBatch& invitations, const MailQueue& mails,
                                 std::function<void()> mail_queued)
    : options_(options),
      clock_(clock),
      executor_(executor),
      invitations_(invitations),
      mails_(mails),
      mail_queued_(std::move(mail_queued)) {}

InvitationClock::~InvitationClock() { Stop(); }

void InvitationClock::Start() {
  thread_ = std::thread([this] { Run(); });
}

void InvitationClock::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool InvitationClock::Stopping() {
  MutexLock lock(&mutex_);
  return stopping_;
}

void InvitationClock::Run() {
  using Steady = std::chrono::steady_clock;
  const auto purge_every = absl::ToChronoNanoseconds(options_.purge_every);
  Steady::time_point next_purge = Steady::now() + purge_every;
  while (!Stopping()) {
    absl::Status status = Turn();
    if (status.ok() && Steady::now() >= next_purge) {
      next_purge = Steady::now() + purge_every;
      status = Purge();
    }
    if (!status.ok() && !Stopping()) {
      obs::Log(obs::Level::kWarning, "the clock's turn failed", {{"reason", status.message()}});
    }
    MutexLock lock(&mutex_);
    if (!stopping_) changed_.WaitFor(&mutex_, options_.poll);
  }
}

absl::Status InvitationClock::Repeat(int full, const std::function<absl::StatusOr<int>(pg::Session&)>& batch) {
  int found = full;
  while (found >= full && !Stopping()) {
    absl::Status status = AwaitJob(executor_, pg::Lane::kBulk, [&](pg::Session& session) -> absl::Status {
      const absl::StatusOr<int> count = batch(session);
      if (!count.ok()) return count.status();
      found = *count;
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status InvitationClock::Turn() {
  absl::Status expired = Repeat(InvitationBatch::kMaxRows, [&](pg::Session& session) {
    CallContext call = ClockContext(clock_.Now());
    return invitations_.ExpireDue(session, call);
  });
  if (!expired.ok()) return expired;
  bool reminded = false;
  absl::Status queued = Repeat(kBatch, [&](pg::Session& session) {
    absl::StatusOr<int> count = mails_.QueueReminders(session, clock_.Now(), kBatch);
    reminded = reminded || (count.ok() && *count > 0);
    return count;
  });
  if (reminded) mail_queued_();
  return queued;
}

absl::Status InvitationClock::Purge() {
  return Repeat(kBatch, [&](pg::Session& session) { return mails_.Purge(session, clock_.Now() - kMailsKept, kBatch); });
}

}  // namespace clientele::invitation
