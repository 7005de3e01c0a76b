#include "services/invitation/api/read_invitation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/auth/policy.h"
#include "common/pg/point_reads.h"
#include "common/rpc/list.h"
#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

constexpr char kSendPermission[] = "invitations.send";

absl::StatusOr<pb::Invitation> Show(const rpc::Call& call, const NameIds& ids,
                                    const absl::StatusOr<std::optional<Invitation>>& found,
                                    const InvitationTokens& tokens) {
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->partner != ids.partner) {
    return InvitationNotFound(InvitationName(ids.partner, ids.invitation));
  }
  const Invitation shown = ShownAt(**found, call.now());
  return ToProto(shown, AcceptUriFor(call, shown, tokens));
}

absl::StatusOr<pb::ListInvitationsResponse> List(pg::Session& session, const rpc::Call& call,
                                                 const pb::ListInvitationsRequest& request,
                                                 const rpc::PageTokens& page_tokens) {
  const auto wanted = rpc::PageOf(request, InvitationListing(), page_tokens);
  if (!wanted.ok()) return wanted.status();
  const auto page = InvitationStore::List(session, IdsOf(request.parent()).partner, call.now(), *wanted);
  if (!page.ok()) return page.status();
  pb::ListInvitationsResponse response;
  for (const Invitation& one : page->items) *response.add_invitations() = ToProto(ShownAt(one, call.now()));
  response.set_next_page_token(page_tokens.Encode(request, page->next));
  return response;
}

}  // namespace

std::string AcceptUriFor(const rpc::Call& call, const Invitation& invitation, const InvitationTokens& tokens) {
  const bool open = StateAt(invitation, call.now()) == InvitationState::kOpen;
  if (!open || call.context.validate_only || !auth::Allowed(call.principal, kSendPermission)) return "";
  return tokens.AcceptUri(invitation.id, invitation.token_generation);
}

rpc::Handler<v1::GetInvitationRequest, v1::Invitation> GetInvitationHandler(const InvitationStore& invitations,
                                                                            const InvitationTokens& tokens,
                                                                            pg::Executor& executor) {
  using Reads = pg::PointReads<std::string, std::optional<Invitation>>;
  auto reads =
      std::make_shared<Reads>(executor, [&invitations](pg::Session& session, const std::vector<std::string>& ids) {
        return invitations.Get(session, ids);
      });
  using Handler = rpc::Handler<pb::GetInvitationRequest, pb::Invitation>;
  return Handler::Async([reads, &tokens](std::shared_ptr<rpc::Call> call,
                                         std::shared_ptr<const pb::GetInvitationRequest> request,
                                         const rpc::Reply<pb::Invitation>& reply) {
    const NameIds ids = IdsOf(request->name());
    pg::Job job;
    job.deadline = call->context.deadline;
    job.abandoned = call->abandoned;
    const absl::Status status =
        reads->Read(ids.invitation, std::move(job),
                    [call, reply, ids, &tokens](const absl::StatusOr<std::optional<Invitation>>& found) {
                      reply(Show(*call, ids, found, tokens));
                    });
    if (!status.ok()) reply(status);
  });
}

rpc::Handler<v1::ListInvitationsRequest, v1::ListInvitationsResponse> ListInvitationsHandler(
    const rpc::PageTokens& page_tokens) {
  using Handler = rpc::Handler<pb::ListInvitationsRequest, pb::ListInvitationsResponse>;
  return Handler::OnWorker(
      [&page_tokens](pg::Session& session, rpc::Call& call, const pb::ListInvitationsRequest& request) {
        return List(session, call, request, page_tokens);
      });
}

}  // namespace clientele::invitation
