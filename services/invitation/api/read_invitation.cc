#include "services/invitation/api/read_invitation.h"

#include <utility>
#include <vector>

#include "common/auth/policy.h"
#include "common/rpc/filter.h"
#include "common/rpc/lane.h"
#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

constexpr char kSendPermission[] = "invitations.send";

absl::StatusOr<v1::Invitation> Show(const rpc::Call& call, const NameIds& ids,
                                    const absl::StatusOr<std::optional<Invitation>>& found,
                                    const InvitationTokens& tokens) {
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->partner != ids.partner) {
    return InvitationNotFound(InvitationName(ids.partner, ids.invitation));
  }
  const Invitation shown = ShownAt(**found, call.now());
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
  const absl::Status full =
      reads.Read(ids.invitation, rpc::JobFor(*call),
                 [call, reply, ids, &tokens](const absl::StatusOr<std::optional<Invitation>>& found) {
                   reply(Show(*call, ids, found, tokens));
                 });
  if (!full.ok()) reply(full);
}

absl::StatusOr<v1::ListInvitationsResponse> ListInvitations(pg::Session& session, rpc::Call& call,
                                                            const v1::ListInvitationsRequest& request,
                                                            const InvitationStore& invitations,
                                                            const rpc::PageTokens& page_tokens) {
  InvitationQuery query;
  query.partner = IdsOf(request.parent()).partner;
  absl::StatusOr<pg::Predicate> filter = rpc::ParseFilter(request.filter(), InvitationListFields());
  if (!filter.ok()) return filter.status();
  query.filter = *std::move(filter);
  auto order = rpc::ParseOrderBy(request.order_by(), InvitationListOrders(), "create_time");
  if (!order.ok()) return order.status();
  query.order = *std::move(order);
  auto after = page_tokens.Decode(request);
  if (!after.ok()) return after.status();
  query.after = *std::move(after);
  const int page_size = rpc::PageSize(request.page_size());
  query.limit = page_size + 1;
  query.now = call.now();
  absl::StatusOr<std::vector<Invitation>> rows = invitations.List(session, query);
  if (!rows.ok()) return rows.status();
  v1::ListInvitationsResponse response;
  const bool more = static_cast<int>(rows->size()) > page_size;
  if (more) rows->resize(page_size);
  for (const Invitation& invitation : *rows) *response.add_invitations() = ToProto(ShownAt(invitation, call.now()));
  if (more) response.set_next_page_token(page_tokens.Encode(request, InvitationCursor(rows->back(), query.order)));
  return response;
}

}  // namespace clientele::invitation
