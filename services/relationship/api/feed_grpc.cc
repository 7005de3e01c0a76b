#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/relationship/api/grpc_services.h"

namespace clientele::relationship {
namespace {

using EventHandler = rpc::Handler<event::v1::ListEventsRequest, event::v1::ListEventsResponse>;
using AuditHandler = rpc::Handler<audit::v1::ListAuditRecordsRequest, audit::v1::ListAuditRecordsResponse>;

class EventGrpc final : public event::v1::EventService::CallbackService {
 public:
  EventGrpc(rpc::Dispatcher& dispatcher, EventHandler list) : dispatcher_(dispatcher), list_(std::move(list)) {}

  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const event::v1::ListEventsRequest* request,
                                       event::v1::ListEventsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, list_);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const EventHandler list_;
};

class AuditGrpc final : public audit::v1::AuditService::CallbackService {
 public:
  AuditGrpc(rpc::Dispatcher& dispatcher, AuditHandler list) : dispatcher_(dispatcher), list_(std::move(list)) {}

  grpc::ServerUnaryReactor* ListAuditRecords(grpc::CallbackServerContext* context,
                                             const audit::v1::ListAuditRecordsRequest* request,
                                             audit::v1::ListAuditRecordsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, list_);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const AuditHandler list_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventService(rpc::Dispatcher& dispatcher, EventHandler list) {
  return std::make_unique<EventGrpc>(dispatcher, std::move(list));
}

std::unique_ptr<grpc::Service> MakeAuditService(rpc::Dispatcher& dispatcher, AuditHandler list) {
  return std::make_unique<AuditGrpc>(dispatcher, std::move(list));
}

}  // namespace clientele::relationship
