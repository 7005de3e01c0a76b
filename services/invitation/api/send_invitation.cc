#include "services/invitation/api/send_invitation.h"

#include <utility>
#include <vector>

#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/api/read_invitation.h"
#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

absl::StatusOr<v1::Invitation> Run(pg::Session& session, rpc::Call& call, const InvitationStore::Command& command,
                                   const SendingParts& parts) {
  const absl::StatusOr<InvitationStore::Changed> changed = parts.invitations.Change(session, call.context, command);
  if (!changed.ok()) return changed.status();
  const Invitation shown = ShownAt(changed->invitation, call.now());
  if (shown.delivery.state == DeliveryState::kQueued && !call.context.validate_only) parts.mail_queued();
  return ToProto(shown, AcceptUriFor(call, shown, parts.tokens));
}

}  // namespace

absl::StatusOr<v1::Invitation> SendInvitation(pg::Session& session, rpc::Call& call,
                                              const v1::SendInvitationRequest& request, const SendingParts& parts) {
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.quota = parts.cloud.invitation().daily_mails_to_strangers_per_partner;
  command.decide = [&](const InvitationFacts& facts) {
    return Send(facts.invitation, {facts.partner, facts.open_twin, facts.mails_today}, parts.cloud.invitation(),
                call.now());
  };
  return Run(session, call, command, parts);
}

absl::Status CheckResendInvitation(const rpc::Call&, const v1::ResendInvitationRequest& request,
                                   const SendingParts& parts) {
  std::vector<FieldViolation> violations;
  CheckLifetime("lifetime_days", request.lifetime_days(), parts.cloud.invitation(), &violations);
  return InvalidFields(violations);
}

absl::StatusOr<v1::Invitation> ResendInvitation(pg::Session& session, rpc::Call& call,
                                                const v1::ResendInvitationRequest& request, const SendingParts& parts) {
  if (absl::Status invalid = CheckResendInvitation(call, request, parts); !invalid.ok()) return invalid;
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.quota = parts.cloud.invitation().daily_mails_to_strangers_per_partner;
  command.decide = [&](const InvitationFacts& facts) {
    return Resend(facts.invitation, request.lifetime_days(), {facts.partner, facts.open_twin, facts.mails_today},
                  parts.cloud.invitation(), call.now());
  };
  return Run(session, call, command, parts);
}

absl::StatusOr<v1::Invitation> CancelInvitation(pg::Session& session, rpc::Call& call,
                                                const v1::CancelInvitationRequest& request, const SendingParts& parts) {
  InvitationStore::Command command;
  command.reference = IdsOf(request.name());
  command.etag = request.etag();
  command.decide = [&](const InvitationFacts& facts) { return Cancel(facts.invitation, request.reason(), call.now()); };
  return Run(session, call, command, parts);
}

}  // namespace clientele::invitation
