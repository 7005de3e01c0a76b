#include "services/invitation/api/invitation_grpc.h"

#include <utility>

#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"

namespace clientele::invitation {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

class InvitationGrpc final : public v1::InvitationService::CallbackService {
 public:
  InvitationGrpc(rpc::Dispatcher& dispatcher, InvitationHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  Reactor* CreateInvitation(Context* context, const v1::CreateInvitationRequest* request,
                            v1::Invitation* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.create);
  }
  Reactor* GetInvitation(Context* context, const v1::GetInvitationRequest* request, v1::Invitation* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.get);
  }
  Reactor* ListInvitations(Context* context, const v1::ListInvitationsRequest* request,
                           v1::ListInvitationsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.list);
  }
  Reactor* SendInvitation(Context* context, const v1::SendInvitationRequest* request,
                          v1::Invitation* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.send);
  }
  Reactor* ResendInvitation(Context* context, const v1::ResendInvitationRequest* request,
                            v1::Invitation* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.resend);
  }
  Reactor* CancelInvitation(Context* context, const v1::CancelInvitationRequest* request,
                            v1::Invitation* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.cancel);
  }
  Reactor* LookupInvitation(Context* context, const v1::LookupInvitationRequest* request,
                            v1::LookupInvitationResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.lookup);
  }
  Reactor* AcceptInvitation(Context* context, const v1::AcceptInvitationRequest* request,
                            v1::AcceptInvitationResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.accept);
  }
  Reactor* DeclineInvitation(Context* context, const v1::DeclineInvitationRequest* request,
                             v1::DeclineInvitationResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.decline);
  }
  Reactor* CancelCustomerInvitations(Context* context, const v1::CancelCustomerInvitationsRequest* request,
                                     v1::CancelCustomerInvitationsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.cancel_customer);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const InvitationHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeInvitationService(rpc::Dispatcher& dispatcher, InvitationHandlers handlers) {
  return std::make_unique<InvitationGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::invitation
