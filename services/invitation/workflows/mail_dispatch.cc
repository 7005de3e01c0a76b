#include "services/invitation/workflows/mail_dispatch.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/obs/log.h"
#include "common/obs/metrics.h"
#include "services/invitation/workflows/await_job.h"

namespace clientele::invitation {
namespace {

// Longer than one try can last, so that no second replica sends the same mail.
constexpr absl::Duration kLeaseBeyondTimeout = absl::Seconds(60);
constexpr absl::Duration kWhileAccepting = absl::Minutes(1);
constexpr absl::Duration kUntilPartnerKnown = absl::Seconds(10);
// Space of the request ids under which outcomes are written: a commit in doubt is repeated safely.
const char kOutcomeSpace[] = "5b0c0f38-4f0e-4d0a-9d3f-6a53c1c0a9d1";

const char* WordOf(MailAttempt::Result result) {
  switch (result) {
    case MailAttempt::Result::kTaken:
      return "taken";
    case MailAttempt::Result::kTryAgain:
      return "deferred";
    case MailAttempt::Result::kRefused:
      return "refused";
  }
  return "";
}

obs::Counter& CounterOf(MailAttempt::Result result) {
  static const auto counter = [](MailAttempt::Result of) -> obs::Counter* {
    return &obs::CounterFor("clientele_mails_total", "Mails handed to the mail server, by its answer.",
                            {{"result", WordOf(of)}});
  };
  static obs::Counter* const taken = counter(MailAttempt::Result::kTaken);
  static obs::Counter* const deferred = counter(MailAttempt::Result::kTryAgain);
  static obs::Counter* const refused = counter(MailAttempt::Result::kRefused);
  return result == MailAttempt::Result::kTaken     ? *taken
         : result == MailAttempt::Result::kRefused ? *refused
                                                   : *deferred;
}

CallContext OutcomeContext(const QueuedMail& mail, absl::Time now) {
  CallContext call;
  call.principal = "service:invitation-service";
  call.method = "mail/invitation";
  call.request_id = Uuid::V5(Uuid::Parse(kOutcomeSpace).value_or(Uuid()),
                             absl::StrCat(mail.invitation, " ", mail.generation, " ", static_cast<int>(mail.kind), " ",
                                          mail.attempt_count))
                        .ToString();
  call.now = now;
  call.deadline = SystemClock().Now() + absl::Seconds(10);
  return call;
}

}  // namespace

MailDispatch::MailDispatch(MailDispatchOptions options, const Clock& clock, pg::Executor& executor,
                           const MailQueue& queue, const MailTemplates& templates, const InvitationTokens& tokens)
    : options_(std::move(options)),
      clock_(clock),
      executor_(executor),
      queue_(queue),
      templates_(templates),
      tokens_(tokens),
      sender_(options_.smtp, [this] { return Stopping(); }) {}

MailDispatch::~MailDispatch() { Stop(); }

void MailDispatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void MailDispatch::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void MailDispatch::Kick() {
  MutexLock lock(&mutex_);
  kicked_ = true;
  changed_.NotifyAll();
}

bool MailDispatch::Stopping() {
  MutexLock lock(&mutex_);
  return stopping_;
}

void MailDispatch::Run() {
  while (!Stopping()) {
    const absl::StatusOr<bool> dispatched = DispatchOne();
    if (!dispatched.ok() && !Stopping()) {
      obs::Log(obs::Level::kWarning, "a mail could not be dispatched", {{"reason", dispatched.status().message()}});
    }
    if (dispatched.ok() && *dispatched) continue;
    MutexLock lock(&mutex_);
    if (!stopping_ && !kicked_) changed_.WaitFor(&mutex_, options_.poll);
    kicked_ = false;
  }
}

absl::StatusOr<bool> MailDispatch::DispatchOne() {
  std::optional<LeasedMail> leased;
  const absl::Duration lease = options_.smtp.timeout + kLeaseBeyondTimeout;
  const absl::Status status = AwaitJob(executor_, pg::Lane::kWrite, [&](pg::Session& session) -> absl::Status {
    auto found = queue_.Lease(session, clock_.Now(), lease);
    if (!found.ok()) return found.status();
    leased = *std::move(found);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (!leased.has_value()) return false;
  if (absl::Status handled = Handle(*leased); !handled.ok()) return handled;
  return true;
}

absl::Status MailDispatch::Handle(const LeasedMail& leased) {
  const absl::Time now = clock_.Now();
  const auto on_worker = [this](const std::function<absl::Status(pg::Session&)>& work) {
    return AwaitJob(executor_, pg::Lane::kWrite, work);
  };
  const MailTurn turn = TurnOf(leased.mail, leased.invitation, now);
  if (turn == MailTurn::kDrop) {
    return on_worker([&](pg::Session& session) { return queue_.Drop(session, leased.mail, now); });
  }
  if (turn == MailTurn::kWait || !leased.partner.has_value()) {
    const absl::Time next = now + (turn == MailTurn::kWait ? kWhileAccepting : kUntilPartnerKnown);
    return on_worker([&](pg::Session& session) { return queue_.Postpone(session, leased.mail, next); });
  }
  return SendIt(leased, *leased.partner);
}

absl::Status MailDispatch::SendIt(const LeasedMail& leased, const PartnerFact& partner) {
  const Invitation& invitation = leased.invitation;
  MailMessage message;
  message.sender = options_.sender;
  message.sender_name = partner.display_name;
  message.recipient = Recipient(invitation);
  message.message_id = MessageIdOf(leased.mail, options_.sender);
  message.date = clock_.Now();
  message.content = templates_.Render(leased.mail.kind, invitation.locale,
                                      {partner.display_name, tokens_.AcceptUri(invitation.id, leased.mail.generation),
                                       invitation.expire_time.value_or(message.date), invitation.message});
  const MailAttempt attempt = sender_.Send(message);
  // What was broken off is anybody's at once.
  if (attempt.result != MailAttempt::Result::kTaken && Stopping()) {
    return AwaitJob(executor_, pg::Lane::kWrite,
                    [&](pg::Session& session) { return queue_.Postpone(session, leased.mail, clock_.Now()); });
  }
  CounterOf(attempt.result).Increment();
  obs::Log(attempt.result == MailAttempt::Result::kTaken ? obs::Level::kInfo : obs::Level::kWarning, "mail",
           {{"invitation", NameOf(invitation)},
            {"generation", leased.mail.generation},
            {"result", WordOf(attempt.result)},
            {"reply", attempt.error}});
  // Any number in [0, 1) spreads the tries of mails that failed together; the id's random part is one.
  const double spread = Uuid::NewV4().bytes()[0] / 256.0;
  const MailFate fate = FateAfter(leased.mail, attempt, clock_.Now(), spread);
  return AwaitJob(executor_, pg::Lane::kWrite, [&](pg::Session& session) {
    CallContext call = OutcomeContext(leased.mail, clock_.Now());
    return queue_.Settle(session, call, leased.mail, fate);
  });
}

}  // namespace clientele::invitation
