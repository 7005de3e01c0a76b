#include "services/invitation/api/answer_invitation.h"

#include <memory>
#include <string>
#include <utility>

#include "common/rpc/consistency.h"
#include "services/invitation/api/invitation_proto.h"
#include "services/invitation/api/on_executor.h"
#include "services/invitation/domain/drafting.h"
#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

using Link = InvitationTokens::Content;

absl::StatusOr<pb::LookupInvitationResponse> Look(pg::Session& session, const rpc::Call& call,
                                                  const pb::LookupInvitationRequest& request, const AnswerDeps& deps) {
  const auto link = deps.tokens.Verify(request.token());
  if (!link.has_value()) return InvitationNotFound("");
  const absl::StatusOr<InvitationFacts> facts = deps.invitations.Find(session, link->invitation, call.now());
  if (!facts.ok()) return facts.status();
  const Invitation& invitation = facts->invitation;
  if (absl::Status status = CheckHolder(invitation, link->generation, CallerOf(call.principal), call.now());
      !status.ok()) {
    return status;
  }
  if (!facts->partner.has_value()) return PartnerUnknown(invitation.partner);
  pb::LookupInvitationResponse response;
  response.set_kind(static_cast<pb::InvitationKind>(invitation.kind));
  response.set_partner_display_name(facts->partner->display_name);
  response.set_partner_country(facts->partner->country);
  response.set_region(facts->partner->region);
  response.set_message(invitation.message);
  response.set_state(static_cast<pb::InvitationState>(StateAt(invitation, call.now())));
  *response.mutable_expire_time() = ToProto(invitation).expire_time();
  return response;
}

absl::StatusOr<pb::DeclineInvitationResponse> SayNo(pg::Session& session, rpc::Call& call,
                                                    const pb::DeclineInvitationRequest& request,
                                                    const AnswerDeps& deps) {
  const auto link = deps.tokens.Verify(request.token());
  if (!link.has_value()) return InvitationNotFound("");
  InvitationStore::Command command;
  command.reference.invitation = link->invitation;
  command.decide = [&](const InvitationFacts& facts) -> absl::StatusOr<Revision<Invitation>> {
    const absl::Status held = CheckHolder(facts.invitation, link->generation, CallerOf(call.principal), call.now());
    if (!held.ok()) return held;
    return Decline(facts.invitation, request.reason(), call.now());
  };
  const absl::StatusOr<InvitationStore::Changed> changed = deps.invitations.Change(session, call.context, command);
  if (!changed.ok()) return changed.status();
  pb::DeclineInvitationResponse response;
  response.set_state(static_cast<pb::InvitationState>(StateAt(changed->invitation, call.now())));
  return response;
}

// One acceptance on its way from the wire to the end of its saga.
struct Accepting {
  AnswerDeps deps;
  std::shared_ptr<rpc::Call> call;
  rpc::Reply<pb::AcceptInvitationResponse> reply;
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
    return BeginAcceptance(facts.invitation, accepting.acceptance, facts.partner, accepting.deps.markets, call.now());
  };
  command.saga = [&](const Invitation& after) {
    return accepting.deps.start(after, accepting.acceptance, caller.invitee);
  };
  return accepting.deps.invitations.Change(session, call.context, command);
}

// What the acceptance made, once its saga is through.
absl::StatusOr<pb::AcceptInvitationResponse> Made(pg::Session& session, const Accepting& accepting) {
  const auto facts = accepting.deps.invitations.Find(session, accepting.link.invitation, accepting.call->now());
  if (!facts.ok()) return facts.status();
  pb::AcceptInvitationResponse response;
  response.set_state(static_cast<pb::InvitationState>(facts->invitation.state));
  response.set_customer_relationship(facts->invitation.accepted_relationship);
  return response;
}

void AwaitSaga(const std::shared_ptr<Accepting>& accepting, const InvitationStore::Changed& changed) {
  if (changed.begun.mine) accepting->deps.sagas.Begin(changed.begun.saga);
  accepting->deps.sagas.Join(changed.begun.saga, accepting->call->context.deadline,
                             [accepting](const saga::Outcome& outcome) {
                               rpc::Merge(outcome.consistency, accepting->call->context.consistency);
                               if (!outcome.status.ok()) return accepting->reply(outcome.status);
                               RunOnExecutor<pb::AcceptInvitationResponse>(
                                   accepting->deps.executor, pg::Lane::kRead, accepting->call, accepting->reply,
                                   [accepting](pg::Session& session, rpc::Call&) { return Made(session, *accepting); });
                             });
}

void Accept(const std::shared_ptr<Accepting>& accepting) {
  pg::Job job;
  job.deadline = accepting->call->context.deadline;
  job.abandoned = accepting->call->abandoned;
  job.run = [accepting](absl::StatusOr<pg::Session*> session) {
    if (!session.ok()) return accepting->reply(session.status());
    const absl::StatusOr<InvitationStore::Changed> changed = Begin(**session, *accepting);
    if (!changed.ok()) return accepting->reply(changed.status());
    if (accepting->call->context.validate_only) {
      pb::AcceptInvitationResponse response;
      response.set_state(pb::INVITATION_STATE_ACCEPTED);
      return accepting->reply(response);
    }
    AwaitSaga(accepting, *changed);
  };
  const absl::Status status = accepting->deps.executor.Submit(pg::Lane::kWrite, std::move(job));
  if (!status.ok()) accepting->reply(status);
}

}  // namespace

rpc::Handler<v1::LookupInvitationRequest, v1::LookupInvitationResponse> LookupInvitationHandler(
    const AnswerDeps& deps) {
  using Handler = rpc::Handler<pb::LookupInvitationRequest, pb::LookupInvitationResponse>;
  return Handler::OnWorker([deps](pg::Session& session, rpc::Call& call, const pb::LookupInvitationRequest& request) {
    return Look(session, call, request, deps);
  });
}

rpc::Handler<v1::AcceptInvitationRequest, v1::AcceptInvitationResponse> AcceptInvitationHandler(
    const AnswerDeps& deps) {
  using Handler = rpc::Handler<pb::AcceptInvitationRequest, pb::AcceptInvitationResponse>;
  return Handler::Async([deps](std::shared_ptr<rpc::Call> call,
                               std::shared_ptr<const pb::AcceptInvitationRequest> request,
                               const rpc::Reply<pb::AcceptInvitationResponse>& reply) {
           const auto link = deps.tokens.Verify(request->token());
           if (!link.has_value()) return reply(InvitationNotFound(""));
           absl::StatusOr<Acceptance> acceptance = CheckAcceptance(FromProto(*request), deps.markets, call->now());
           if (!acceptance.ok()) return reply(acceptance.status());
           Accept(std::make_shared<Accepting>(Accepting{deps, std::move(call), reply, *link, *std::move(acceptance)}));
         })
      .Checking([deps](const rpc::Call& call, const pb::AcceptInvitationRequest& request) {
        return CheckAcceptance(FromProto(request), deps.markets, call.now()).status();
      });
}

rpc::Handler<v1::DeclineInvitationRequest, v1::DeclineInvitationResponse> DeclineInvitationHandler(
    const AnswerDeps& deps) {
  using Handler = rpc::Handler<pb::DeclineInvitationRequest, pb::DeclineInvitationResponse>;
  return Handler::OnWorker([deps](pg::Session& session, rpc::Call& call, const pb::DeclineInvitationRequest& request) {
    return SayNo(session, call, request, deps);
  });
}

}  // namespace clientele::invitation
