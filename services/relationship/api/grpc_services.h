#pragma once

#include <google/protobuf/empty.pb.h>

#include <memory>

#include "clientele/relationship/v1/partner_service.pb.h"
#include "clientele/relationship/v1/relationship_service.pb.h"
#include "clientele/relationship/v1/termination_hold_service.pb.h"
#include "common/rpc/call.h"

namespace grpc {
class Service;
}  // namespace grpc
namespace clientele::rpc {
class Dispatcher;
}  // namespace clientele::rpc

// The gRPC services of this binary: one function and one unit for each, one line for each RPC. `dispatcher` outlives
// them.
namespace clientele::relationship {

struct PartnerHandlers {
  rpc::Handler<v1::CreatePartnerRequest, v1::Partner> create;
  rpc::Handler<v1::GetPartnerRequest, v1::Partner> get;
  rpc::Handler<v1::ListPartnersRequest, v1::ListPartnersResponse> list;
  rpc::Handler<v1::UpdatePartnerRequest, v1::Partner> update;
};
std::unique_ptr<grpc::Service> MakePartnerService(rpc::Dispatcher& dispatcher, PartnerHandlers handlers);

struct RelationshipHandlers {
  rpc::Handler<v1::GetCustomerRelationshipRequest, v1::CustomerRelationship> get;
  rpc::Handler<v1::ListCustomerRelationshipsRequest, v1::ListCustomerRelationshipsResponse> list;
  rpc::Handler<v1::TerminateCustomerRelationshipRequest, v1::CustomerRelationship> terminate;
  rpc::Handler<v1::EstablishCustomerRelationshipsRequest, v1::EstablishCustomerRelationshipsResponse> establish;
  rpc::Handler<v1::WithdrawCustomerRelationshipRequest, v1::CustomerRelationship> withdraw;
};
std::unique_ptr<grpc::Service> MakeRelationshipService(rpc::Dispatcher& dispatcher, RelationshipHandlers handlers);

struct TerminationHoldHandlers {
  rpc::Handler<v1::UpsertTerminationHoldRequest, v1::TerminationHold> upsert;
  rpc::Handler<v1::DeleteTerminationHoldRequest, google::protobuf::Empty> remove;
  rpc::Handler<v1::ListTerminationHoldsRequest, v1::ListTerminationHoldsResponse> list;
};
std::unique_ptr<grpc::Service> MakeTerminationHoldService(rpc::Dispatcher& dispatcher,
                                                          TerminationHoldHandlers handlers);

}  // namespace clientele::relationship
