#include "services/invitation/api/send_invitation.h"

#include <utility>
#include <vector>

#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/api/read_invitation.h"
#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

absl::StatusOr<pb::Invitation> Run(pg::Session& session, rpc::Call& call, const InvitationStore::Command& command,
                                   const SendingDeps& deps) {
  const absl::StatusOr<InvitationStore::Changed> changed = deps.invitations.Change(session, call.context, command);
  if (!changed.ok()) return changed.status();
  const Invitation shown = ShownAt(changed->invitation, call.now());
  if (shown.delivery.state == DeliveryState::kQueued && !call.context.validate_only) deps.mail_queued();
  return ToProto(shown, AcceptUriFor(call, shown, deps.tokens));
}

absl::StatusOr<pb::Invitation> SendDraft(pg::Session& session, rpc::Call& call,
                                         const pb::SendInvitationRequest& request, const SendingDeps& deps) {
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.quota = deps.cloud.invitation().daily_mails_to_strangers_per_partner;
  command.decide = [&](const InvitationFacts& facts) {
    return Send(facts.invitation, {facts.open_twin, facts.mails_today}, deps.cloud.invitation(), call.now());
  };
  return Run(session, call, command, deps);
}

absl::Status CheckResend(const pb::ResendInvitationRequest& request, const SendingDeps& deps) {
  std::vector<FieldViolation> violations;
  CheckLifetime("lifetime_days", request.lifetime_days(), deps.cloud.invitation(), &violations);
  return InvalidFields(violations);
}

absl::StatusOr<pb::Invitation> SendAgain(pg::Session& session, rpc::Call& call,
                                         const pb::ResendInvitationRequest& request, const SendingDeps& deps) {
  if (absl::Status invalid = CheckResend(request, deps); !invalid.ok()) return invalid;
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.quota = deps.cloud.invitation().daily_mails_to_strangers_per_partner;
  command.decide = [&](const InvitationFacts& facts) {
    return Resend(facts.invitation, request.lifetime_days(), {facts.open_twin, facts.mails_today},
                  deps.cloud.invitation(), call.now());
  };
  return Run(session, call, command, deps);
}

absl::StatusOr<pb::Invitation> TakeBack(pg::Session& session, rpc::Call& call,
                                        const pb::CancelInvitationRequest& request, const SendingDeps& deps) {
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.decide = [&](const InvitationFacts& facts) { return Cancel(facts.invitation, request.reason(), call.now()); };
  return Run(session, call, command, deps);
}

}  // namespace

rpc::Handler<v1::SendInvitationRequest, v1::Invitation> SendInvitationHandler(const SendingDeps& deps) {
  using Handler = rpc::Handler<pb::SendInvitationRequest, pb::Invitation>;
  return Handler::OnWorker([deps](pg::Session& session, rpc::Call& call, const pb::SendInvitationRequest& request) {
    return SendDraft(session, call, request, deps);
  });
}

rpc::Handler<v1::ResendInvitationRequest, v1::Invitation> ResendInvitationHandler(const SendingDeps& deps) {
  using Handler = rpc::Handler<pb::ResendInvitationRequest, pb::Invitation>;
  return Handler::OnWorker([deps](pg::Session& session, rpc::Call& call, const pb::ResendInvitationRequest& request) {
           return SendAgain(session, call, request, deps);
         })
      .Checking(
          [deps](const rpc::Call&, const pb::ResendInvitationRequest& request) { return CheckResend(request, deps); });
}

rpc::Handler<v1::CancelInvitationRequest, v1::Invitation> CancelInvitationHandler(const SendingDeps& deps) {
  using Handler = rpc::Handler<pb::CancelInvitationRequest, pb::Invitation>;
  return Handler::OnWorker([deps](pg::Session& session, rpc::Call& call, const pb::CancelInvitationRequest& request) {
    return TakeBack(session, call, request, deps);
  });
}

}  // namespace clientele::invitation
