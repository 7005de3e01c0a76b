#include "services/invitation/api/read_invitation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/auth/policy.h"
#include "common/pg/point_reads.h"
#include "common/rpc/filter.h"
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
  pb::ListInvitationsResponse response;
  const bool more = static_cast<int>(rows->size()) > page_size;
  if (more) rows->resize(page_size);
  for (const Invitation& invitation : *rows) *response.add_invitations() = ToProto(ShownAt(invitation, call.now()));
  if (more) response.set_next_page_token(page_tokens.Encode(request, InvitationCursor(rows->back(), query.order)));
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
    const InvitationStore& invitations, const rpc::PageTokens& page_tokens) {
  using Handler = rpc::Handler<pb::ListInvitationsRequest, pb::ListInvitationsResponse>;
  return Handler::OnWorker(
      [&invitations, &page_tokens](pg::Session& session, rpc::Call& call, const pb::ListInvitationsRequest& request) {
        return List(session, call, request, invitations, page_tokens);
      });
}

}  // namespace clientele::invitation
