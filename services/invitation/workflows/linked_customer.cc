#include "services/invitation/workflows/linked_customer.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/invitation/domain/invitation.h"

namespace clientele::invitation {
namespace {

using Response = customer::v1::ResolveOrganizationResponse;

absl::StatusOr<std::string> CustomerIn(const absl::StatusOr<Response>& answer, const std::string& partner) {
  // An organisation that nobody has heard of is nobody's customer.
  if (absl::IsNotFound(answer.status())) return std::string();
  if (!answer.ok()) return answer.status();
  if (!answer->account_active()) return std::string();
  return absl::StrCat(PartnerName(partner), "/customers/", answer->customer());
}

}  // namespace

FindLinkedCustomer FindLinkedCustomerThrough(const Peers& peers) {
  return [resolve = peers.resolve_organization](const CallContext& call, const std::string& partner,
                                                const InvitationTarget& target,
                                                std::function<void(absl::StatusOr<std::string>, Consistency)> done) {
    customer::v1::ResolveOrganizationRequest request;
    request.set_partner(PartnerName(partner));
    if (target.kind == TargetKind::kDomain) request.add_domains(target.domain);
    if (target.kind == TargetKind::kDirectoryTenant) {
      request.mutable_directory_tenant()->set_issuer(target.directory_tenant.issuer);
      request.mutable_directory_tenant()->set_tenant_id(target.directory_tenant.tenant_id);
    }
    resolve(call, call.deadline, request,
            [partner, done = std::move(done)](const absl::StatusOr<Response>& answer, Consistency seen) {
              done(CustomerIn(answer, partner), std::move(seen));
            });
  };
}

}  // namespace clientele::invitation
