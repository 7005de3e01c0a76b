#include "services/invitation/api/read_invitation.h"

#include <string>

#include "common/auth/policy.h"
#include "common/rpc/answer_one.h"
#include "common/rpc/list.h"
#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

constexpr char kSendPermission[] = "invitations.send";

absl::StatusOr<v1::Invitation> Show(const rpc::Call& call, const NameIds& ids, const Invitation* found,
                                    const InvitationTokens& tokens) {
  if (found == nullptr || found->partner != ids.partner) {
    return InvitationNotFound(InvitationName(ids.partner, ids.invitation));
  }
  const Invitation shown = ShownAt(*found, call.now());
  return ToProto(shown, AcceptUriFor(call, shown, tokens));
}

}  // namespace

std::string AcceptUriFor(const rpc::Call& call, const Invitation& invitation, const InvitationTokens& tokens) {
  const bool open = StateAt(invitation, call.now()) == InvitationState::kOpen;
  if (!open || call.context.validate_only || !auth::Allowed(call.principal, kSendPermission)) return "";
  return tokens.AcceptUri(invitation.id, invitation.token_generation);
}

void GetInvitation(const std::shared_ptr<rpc::Call>& call,
                   const std::shared_ptr<const v1::GetInvitationRequest>& request,
                   const rpc::Reply<v1::Invitation>& reply, InvitationReads& reads, const InvitationTokens& tokens) {
  const NameIds ids = IdsOf(request->name());
  rpc::AnswerOne(reads, ids.invitation, *call, reply,
                 [call, ids, &tokens](const Invitation* found) { return Show(*call, ids, found, tokens); });
}

absl::Status ListInvitations(pg::Session& session, rpc::Call& call, const v1::ListInvitationsRequest& request,
                             v1::ListInvitationsResponse& response, const rpc::PageTokens& page_tokens) {
  const auto wanted = rpc::PageOf(call, request, InvitationListing(), page_tokens);
  if (!wanted.ok()) return wanted.status();
  const auto page = InvitationStore::List(session, IdsOf(request.parent()).partner, call.now(), *wanted);
  if (!page.ok()) return page.status();
  for (Invitation one : *page) Put(ShownAt(std::move(one), call.now()), *response.add_invitations());
  response.set_next_page_token(page_tokens.Encode(request, page->next()));
  return absl::OkStatus();
}

}  // namespace clientele::invitation
