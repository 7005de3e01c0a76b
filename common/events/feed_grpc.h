#pragma once

#include <memory>

#include "clientele/audit/v1/audit_service.pb.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/rpc/call.h"

namespace grpc {
class Service;
}  // namespace grpc
namespace clientele::rpc {
class Dispatcher;
}  // namespace clientele::rpc

namespace clientele::events {

// The gRPC services that every binary serves beside its own. `dispatcher` outlives them.
std::unique_ptr<grpc::Service> MakeEventService(
    rpc::Dispatcher& dispatcher, rpc::Handler<event::v1::ListEventsRequest, event::v1::ListEventsResponse> list);
std::unique_ptr<grpc::Service> MakeAuditService(
    rpc::Dispatcher& dispatcher,
    rpc::Handler<audit::v1::ListAuditRecordsRequest, audit::v1::ListAuditRecordsResponse> list);

}  // namespace clientele::events
