#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/invitation/api/cancel_customer_invitations.h"
#include "services/invitation/api/grpc_services.h"

namespace clientele::invitation {
namespace {

class InvitationGrpc final : public rpc::Service {
 public:
  InvitationGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::InvitationService::service_full_name(), dispatcher), parts_(parts) {
    Serve("CreateInvitation", rpc::Async(&invitation::CreateInvitation, parts_.invitations, parts_.cloud,
                                         parts_.executor, parts_.find_linked)
                                  .Checking(&CheckCreateInvitation, parts_.cloud));
    Serve("GetInvitation", rpc::Async(&invitation::GetInvitation, parts_.reads, parts_.tokens));
    Serve("ListInvitations", rpc::OnWorker(&invitation::ListInvitations, parts_.page_tokens));
    Serve("SendInvitation", rpc::OnWorker(&invitation::SendInvitation, parts_.sending));
    Serve(
        "ResendInvitation",
        rpc::OnWorker(&invitation::ResendInvitation, parts_.sending).Checking(&CheckResendInvitation, parts_.sending));
    Serve("CancelInvitation", rpc::OnWorker(&invitation::CancelInvitation, parts_.sending));
    Serve("LookupInvitation", rpc::OnWorker(&invitation::LookupInvitation, parts_.answering));
    Serve(
        "AcceptInvitation",
        rpc::Async(&invitation::AcceptInvitation, parts_.answering).Checking(&CheckAcceptInvitation, parts_.answering));
    Serve("DeclineInvitation", rpc::OnWorker(&invitation::DeclineInvitation, parts_.answering));
    Serve("CancelCustomerInvitations",
          rpc::OnWorker(&invitation::CancelCustomerInvitations, parts_.batch, parts_.cloud));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeInvitationService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<InvitationGrpc>(dispatcher, parts);
}

}  // namespace clientele::invitation
