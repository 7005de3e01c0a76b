#include "services/invitation/workflows/peers.h"

#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/channel.h"

namespace clientele::invitation {
namespace {

using customer::v1::AccountService;
using relationship::v1::RelationshipService;

template <class Service, class Request, class Response>
Remote<Request, Response> Through(const rpc::Peer<Service>& peer,
                                  std::unique_ptr<grpc::ClientAsyncResponseReaderInterface<Response>> (
                                      Service::StubInterface::*method)(grpc::ClientContext*, const Request&,
                                                                       grpc::CompletionQueue*)) {
  return [peer, method](const CallContext& call, absl::Time deadline, const Request& request,
                        std::function<void(absl::StatusOr<Response>, Consistency)> done) {
    peer.Call(method, call, deadline, request, std::move(done));
  };
}

}  // namespace

Peers MakePeers(const rpc::PeerChannel& customer, const rpc::PeerChannel& relationship) {
  using Accounts = AccountService::StubInterface;
  using Relationships = RelationshipService::StubInterface;
  const rpc::Peer<AccountService> accounts(customer);
  const rpc::Peer<RelationshipService> relationships(relationship);
  Peers peers;
  peers.resolve_organization = Through(accounts, &Accounts::PrepareAsyncResolveOrganization);
  peers.upsert_account = Through(accounts, &Accounts::PrepareAsyncUpsertCustomerAccount);
  peers.establish_relationships = Through(relationships, &Relationships::PrepareAsyncEstablishCustomerRelationships);
  peers.withdraw_relationship = Through(relationships, &Relationships::PrepareAsyncWithdrawCustomerRelationship);
  return peers;
}

}  // namespace clientele::invitation
