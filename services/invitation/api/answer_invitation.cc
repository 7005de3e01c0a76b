#include "services/invitation/api/answer_invitation.h"

#include <memory>
#include <string>
#include <utility>

#include "common/rpc/consistency.h"
#include "common/rpc/lane.h"
#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/domain/drafting.h"
#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

using Link = InvitationTokens::Content;

// One acceptance on its way from the wire to the end of its saga.
struct Accepting {
  const AnswerParts& parts;
  std::shared_ptr<rpc::Call> call;
  rpc::Reply<v1::AcceptInvitationResponse> reply;
  Link link;
  Acceptance acceptance;
};

// OPEN → ACCEPTING with its saga, or the saga that this request started when it came first.
absl::StatusOr<InvitationStore::Changed> Begin(pg::Session& session, const Accepting& accepting) {
  rpc::Call& call = *accepting.call;
  const Caller caller = CallerOf(call.principal);
  InvitationStore::Command command;
  command.reference.invitation = accepting.link.invitation;
  command.decide = [&](const InvitationFacts& facts) -> absl::StatusOr<Revision<Invitation>> {
    const absl::Status held = CheckHolder(facts.invitation, accepting.link.generation, caller, call.now());
    if (!held.ok()) return held;
    return BeginAcceptance(facts.invitation, accepting.acceptance, facts.partner, accepting.parts.markets, call.now());
  };
  command.saga = [&](const Invitation& after) {
    return accepting.parts.start(after, accepting.acceptance, caller.invitee);
  };
  return accepting.parts.invitations.Change(session, call.context, command);
}

// What the acceptance made, once its saga is through.
absl::StatusOr<v1::AcceptInvitationResponse> Made(pg::Session& session, const Accepting& accepting) {
  const auto facts = accepting.parts.invitations.Find(session, accepting.link.invitation, accepting.call->now());
  if (!facts.ok()) return facts.status();
  v1::AcceptInvitationResponse response;
  response.set_state(static_cast<v1::InvitationState>(facts->invitation.state));
  response.set_customer_relationship(facts->invitation.accepted_relationship);
  return response;
}

void AwaitSaga(const std::shared_ptr<Accepting>& accepting, const InvitationStore::Changed& changed) {
  const AnswerParts& parts = accepting->parts;
  if (changed.begun.mine) parts.sagas.Begin(changed.begun.saga);
  parts.sagas.Join(changed.begun.saga, accepting->call->context.deadline, [accepting](const saga::Outcome& outcome) {
    rpc::Merge(outcome.consistency, accepting->call->context.consistency);
    if (!outcome.status.ok()) return accepting->reply(outcome.status);
    rpc::OnLane(accepting->parts.executor, pg::Lane::kRead, *accepting->call, accepting->reply,
                [accepting](pg::Session& session) { accepting->reply(Made(session, *accepting)); });
  });
}

void Accept(pg::Session& session, const std::shared_ptr<Accepting>& accepting) {
  const absl::StatusOr<InvitationStore::Changed> changed = Begin(session, *accepting);
  if (!changed.ok()) return accepting->reply(changed.status());
  if (!accepting->call->context.validate_only) return AwaitSaga(accepting, *changed);
  v1::AcceptInvitationResponse response;
  response.set_state(v1::INVITATION_STATE_ACCEPTED);
  accepting->reply(response);
}

}  // namespace

absl::StatusOr<v1::LookupInvitationResponse> LookupInvitation(pg::Session& session, rpc::Call& call,
                                                              const v1::LookupInvitationRequest& request,
                                                              const AnswerParts& parts) {
  const auto link = parts.tokens.Verify(request.token());
  if (!link.has_value()) return InvitationNotFound("");
  const absl::StatusOr<InvitationFacts> facts = parts.invitations.Find(session, link->invitation, call.now());
  if (!facts.ok()) return facts.status();
  const Invitation& invitation = facts->invitation;
  if (absl::Status status = CheckHolder(invitation, link->generation, CallerOf(call.principal), call.now());
      !status.ok()) {
    return status;
  }
  if (!facts->partner.has_value()) return PartnerUnknown(invitation.partner);
  v1::LookupInvitationResponse response;
  response.set_kind(static_cast<v1::InvitationKind>(invitation.kind));
  response.set_partner_display_name(facts->partner->display_name);
  response.set_partner_country(facts->partner->country);
  response.set_region(facts->partner->region);
  response.set_message(invitation.message);
  response.set_state(static_cast<v1::InvitationState>(StateAt(invitation, call.now())));
  *response.mutable_expire_time() = ToProto(invitation).expire_time();
  return response;
}

absl::Status CheckAcceptInvitation(const rpc::Call& call, const v1::AcceptInvitationRequest& request,
                                   const AnswerParts& parts) {
  return CheckAcceptance(FromProto(request), parts.markets, call.now()).status();
}

void AcceptInvitation(const std::shared_ptr<rpc::Call>& call,
                      const std::shared_ptr<const v1::AcceptInvitationRequest>& request,
                      const rpc::Reply<v1::AcceptInvitationResponse>& reply, const AnswerParts& parts) {
  const auto link = parts.tokens.Verify(request->token());
  if (!link.has_value()) return reply(InvitationNotFound(""));
  absl::StatusOr<Acceptance> acceptance = CheckAcceptance(FromProto(*request), parts.markets, call->now());
  if (!acceptance.ok()) return reply(acceptance.status());
  const auto accepting = std::make_shared<Accepting>(Accepting{parts, call, reply, *link, *std::move(acceptance)});
  rpc::OnLane(parts.executor, pg::Lane::kWrite, *call, reply,
              [accepting](pg::Session& session) { Accept(session, accepting); });
}

absl::StatusOr<v1::DeclineInvitationResponse> DeclineInvitation(pg::Session& session, rpc::Call& call,
                                                                const v1::DeclineInvitationRequest& request,
                                                                const AnswerParts& parts) {
  const auto link = parts.tokens.Verify(request.token());
  if (!link.has_value()) return InvitationNotFound("");
  InvitationStore::Command command;
  command.reference.invitation = link->invitation;
  command.decide = [&](const InvitationFacts& facts) -> absl::StatusOr<Revision<Invitation>> {
    const absl::Status held = CheckHolder(facts.invitation, link->generation, CallerOf(call.principal), call.now());
    if (!held.ok()) return held;
    return Decline(facts.invitation, request.reason(), call.now());
  };
  const absl::StatusOr<InvitationStore::Changed> changed = parts.invitations.Change(session, call.context, command);
  if (!changed.ok()) return changed.status();
  v1::DeclineInvitationResponse response;
  response.set_state(static_cast<v1::InvitationState>(StateAt(changed->invitation, call.now())));
  return response;
}

}  // namespace clientele::invitation
