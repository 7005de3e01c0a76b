#pragma once

#include <memory>

#include "clientele/invitation/v1/invitation_service.pb.h"
#include "common/rpc/call.h"

namespace grpc {
class Service;
}
namespace clientele::rpc {
class Dispatcher;
}

namespace clientele::invitation {

// What serves each RPC of InvitationService.
struct InvitationHandlers {
  rpc::Handler<v1::CreateInvitationRequest, v1::Invitation> create;
  rpc::Handler<v1::GetInvitationRequest, v1::Invitation> get;
  rpc::Handler<v1::ListInvitationsRequest, v1::ListInvitationsResponse> list;
  rpc::Handler<v1::SendInvitationRequest, v1::Invitation> send;
  rpc::Handler<v1::ResendInvitationRequest, v1::Invitation> resend;
  rpc::Handler<v1::CancelInvitationRequest, v1::Invitation> cancel;
  rpc::Handler<v1::LookupInvitationRequest, v1::LookupInvitationResponse> lookup;
  rpc::Handler<v1::AcceptInvitationRequest, v1::AcceptInvitationResponse> accept;
  rpc::Handler<v1::DeclineInvitationRequest, v1::DeclineInvitationResponse> decline;
  rpc::Handler<v1::CancelCustomerInvitationsRequest, v1::CancelCustomerInvitationsResponse> cancel_customer;
};

// The gRPC service. `dispatcher` outlives it.
std::unique_ptr<grpc::Service> MakeInvitationService(rpc::Dispatcher& dispatcher, InvitationHandlers handlers);

}  // namespace clientele::invitation
