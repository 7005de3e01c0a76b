#include "services/invitation/workflows/peers.h"

#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/channel.h"

namespace clientele::invitation {
namespace {

using customer::v1::AccountService;
using relationship::v1::RelationshipService;

// `method` is the overload of an async stub that takes a callback.
template <class Request, class Response, class Stub, class AsyncStub>
Remote<Request, Response> Through(const std::shared_ptr<Stub>& stub,
                                  void (AsyncStub::*method)(grpc::ClientContext*, const Request*, Response*,
                                                            std::function<void(grpc::Status)>)) {
  return [stub, method](const CallContext& call, absl::Time deadline, const Request& request,
                        std::function<void(absl::StatusOr<Response>, Consistency)> done) {
    rpc::CallAsync<Response>(stub->async(), method, call, deadline, request, std::move(done));
  };
}

}  // namespace

Peers MakePeers(const std::shared_ptr<grpc::Channel>& customer, const std::shared_ptr<grpc::Channel>& relationship) {
  const std::shared_ptr<AccountService::Stub> accounts = AccountService::NewStub(customer);
  const std::shared_ptr<RelationshipService::Stub> relationships = RelationshipService::NewStub(relationship);
  Peers peers;
  peers.resolve_organization =
      Through<customer::v1::ResolveOrganizationRequest, customer::v1::ResolveOrganizationResponse>(
          accounts, &AccountService::StubInterface::async_interface::ResolveOrganization);
  peers.upsert_account = Through<customer::v1::UpsertCustomerAccountRequest, customer::v1::Customer>(
      accounts, &AccountService::StubInterface::async_interface::UpsertCustomerAccount);
  peers.establish_relationships = Through<relationship::v1::EstablishCustomerRelationshipsRequest,
                                          relationship::v1::EstablishCustomerRelationshipsResponse>(
      relationships, &RelationshipService::StubInterface::async_interface::EstablishCustomerRelationships);
  peers.withdraw_relationship =
      Through<relationship::v1::WithdrawCustomerRelationshipRequest, relationship::v1::CustomerRelationship>(
          relationships, &RelationshipService::StubInterface::async_interface::WithdrawCustomerRelationship);
  return peers;
}

}  // namespace clientele::invitation
