#include "services/invitation/api/cancel_customer_invitations.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "common/market/domain_name.h"
#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

InvitationBatch::CustomerMatch MatchOf(const pb::CancelCustomerInvitationsRequest& request, const market::Cloud& cloud,
                                       std::vector<FieldViolation>* violations) {
  InvitationBatch::CustomerMatch match;
  match.partner = IdsOf(request.partner()).partner;
  for (int i = 0; i < request.domains_size(); ++i) {
    const auto domain = market::CheckDomainName(absl::StrCat("domains[", i, "]"), request.domains(i), violations);
    if (domain.has_value()) match.domains.push_back(*domain);
  }
  for (const auto& tenant : request.directory_tenants()) {
    InvitationTarget target;
    target.kind = TargetKind::kDirectoryTenant;
    target.directory_tenant = FromProto(tenant);
    const auto checked = CheckTarget("directory_tenants", target, cloud, violations);
    if (checked.has_value()) match.tenants.push_back(TargetKey(*checked));
  }
  return match;
}

// Batch after batch, each under a key of its own, so that a repeat of the request answers the same count.
absl::StatusOr<pb::CancelCustomerInvitationsResponse> CancelAll(pg::Session& session, rpc::Call& call,
                                                                const pb::CancelCustomerInvitationsRequest& request,
                                                                const InvitationBatch& batch,
                                                                const market::Cloud& cloud) {
  std::vector<FieldViolation> violations;
  const InvitationBatch::CustomerMatch match = MatchOf(request, cloud, &violations);
  if (!violations.empty()) return InvalidFields(violations);
  const std::string request_id = call.context.request_id;
  pb::CancelCustomerInvitationsResponse response;
  for (int number = 0;; ++number) {
    if (number > 0) {
      call.context.request_id =
          Uuid::V5(Uuid::Parse(request_id).value_or(Uuid()), absl::StrCat("batch ", number)).ToString();
    }
    const absl::StatusOr<int> cancelled = batch.CancelMatching(session, call.context, match);
    if (!cancelled.ok()) return cancelled.status();
    response.set_cancelled_count(response.cancelled_count() + *cancelled);
    if (*cancelled < InvitationBatch::kMaxRows) return response;
  }
}

}  // namespace

rpc::Handler<v1::CancelCustomerInvitationsRequest, v1::CancelCustomerInvitationsResponse>
CancelCustomerInvitationsHandler(const InvitationBatch& batch, const market::Cloud& cloud) {
  using Handler = rpc::Handler<pb::CancelCustomerInvitationsRequest, pb::CancelCustomerInvitationsResponse>;
  return Handler::OnWorker(
      [&batch, &cloud](pg::Session& session, rpc::Call& call, const pb::CancelCustomerInvitationsRequest& request) {
        return CancelAll(session, call, request, batch, cloud);
      });
}

}  // namespace clientele::invitation
