#include "common/events/feed_grpc.h"

#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/events/feed_service.h"
#include "common/rpc/serve.h"

namespace clientele::events {
namespace {

class EventGrpc final : public event::v1::EventService::CallbackService {
 public:
  EventGrpc(rpc::Dispatcher& dispatcher, pg::Executor& executor) : dispatcher_(dispatcher), executor_(executor) {}

 private:
  rpc::Dispatcher& dispatcher_;
  pg::Executor& executor_;

  CLIENTELE_RPC(ListEvents, event::v1::ListEventsRequest, event::v1::ListEventsResponse, ListEventsHandler(executor_))
};

class AuditGrpc final : public audit::v1::AuditService::CallbackService {
 public:
  AuditGrpc(rpc::Dispatcher& dispatcher, const rpc::PageTokens& tokens) : dispatcher_(dispatcher), tokens_(tokens) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const rpc::PageTokens& tokens_;

  CLIENTELE_RPC(ListAuditRecords, audit::v1::ListAuditRecordsRequest, audit::v1::ListAuditRecordsResponse,
                ListAuditRecordsHandler(tokens_))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventService(rpc::Dispatcher& dispatcher, pg::Executor& executor) {
  return std::make_unique<EventGrpc>(dispatcher, executor);
}

std::unique_ptr<grpc::Service> MakeAuditService(rpc::Dispatcher& dispatcher, const rpc::PageTokens& tokens) {
  return std::make_unique<AuditGrpc>(dispatcher, tokens);
}

}  // namespace clientele::events
