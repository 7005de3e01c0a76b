#include "services/invitation/api/cancel_customer_invitations.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/id.h"
#include "common/market/domain_name.h"
#include "services/invitation/api/invitation_proto.h"

namespace clientele::invitation {
namespace {

InvitationBatch::CustomerMatch MatchOf(const v1::CancelCustomerInvitationsRequest& request, const market::Cloud& cloud,
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

}  // namespace

absl::StatusOr<v1::CancelCustomerInvitationsResponse> CancelCustomerInvitations(
    pg::Session& session, rpc::Call& call, const v1::CancelCustomerInvitationsRequest& request,
    const InvitationBatch& batch, const market::Cloud& cloud) {
  std::vector<FieldViolation> violations;
  const InvitationBatch::CustomerMatch match = MatchOf(request, cloud, &violations);
  if (!violations.empty()) return InvalidFields(violations);
  // A copy: the guard of the call may read its context while this writes.
  CallContext context = call.context;
  v1::CancelCustomerInvitationsResponse response;
  for (int number = 0;; ++number) {
    if (number > 0) {
      const Uuid request_id = Uuid::Parse(call.context.request_id).value_or(Uuid());
      context.request_id = Uuid::V5(request_id, absl::StrCat("batch ", number)).ToString();
    }
    const absl::StatusOr<int> cancelled = batch.CancelMatching(session, context, match);
    call.context.consistency = context.consistency;
    if (!cancelled.ok()) return cancelled.status();
    response.set_cancelled_count(response.cancelled_count() + *cancelled);
    if (*cancelled < InvitationBatch::kMaxRows) return response;
  }
}

}  // namespace clientele::invitation
