#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/invitation/api/cancel_customer_invitations.h"
#include "services/invitation/api/grpc_services.h"

namespace clientele::invitation {
namespace {

class InvitationGrpc final : public v1::InvitationService::CallbackService {
 public:
  InvitationGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(CreateInvitation, v1::CreateInvitationRequest, v1::Invitation,
                rpc::Async(&invitation::CreateInvitation, parts_.invitations, parts_.cloud, parts_.executor,
                           parts_.find_linked)
                    .Checking(&CheckCreateInvitation, parts_.cloud))
  CLIENTELE_RPC(GetInvitation, v1::GetInvitationRequest, v1::Invitation,
                rpc::Async(&invitation::GetInvitation, parts_.reads, parts_.tokens))
  CLIENTELE_RPC(ListInvitations, v1::ListInvitationsRequest, v1::ListInvitationsResponse,
                rpc::OnWorker(&invitation::ListInvitations, parts_.page_tokens))
  CLIENTELE_RPC(SendInvitation, v1::SendInvitationRequest, v1::Invitation,
                rpc::OnWorker(&invitation::SendInvitation, parts_.sending))
  CLIENTELE_RPC(
      ResendInvitation, v1::ResendInvitationRequest, v1::Invitation,
      rpc::OnWorker(&invitation::ResendInvitation, parts_.sending).Checking(&CheckResendInvitation, parts_.sending))
  CLIENTELE_RPC(CancelInvitation, v1::CancelInvitationRequest, v1::Invitation,
                rpc::OnWorker(&invitation::CancelInvitation, parts_.sending))
  CLIENTELE_RPC(LookupInvitation, v1::LookupInvitationRequest, v1::LookupInvitationResponse,
                rpc::OnWorker(&invitation::LookupInvitation, parts_.answering))
  CLIENTELE_RPC(
      AcceptInvitation, v1::AcceptInvitationRequest, v1::AcceptInvitationResponse,
      rpc::Async(&invitation::AcceptInvitation, parts_.answering).Checking(&CheckAcceptInvitation, parts_.answering))
  CLIENTELE_RPC(DeclineInvitation, v1::DeclineInvitationRequest, v1::DeclineInvitationResponse,
                rpc::OnWorker(&invitation::DeclineInvitation, parts_.answering))
  CLIENTELE_RPC(CancelCustomerInvitations, v1::CancelCustomerInvitationsRequest, v1::CancelCustomerInvitationsResponse,
                rpc::OnWorker(&invitation::CancelCustomerInvitations, parts_.batch, parts_.cloud))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeInvitationService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<InvitationGrpc>(dispatcher, parts);
}

}  // namespace clientele::invitation
