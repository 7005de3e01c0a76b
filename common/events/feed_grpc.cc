#include "common/events/feed_grpc.h"

#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/events/feed_service.h"
#include "common/rpc/serve.h"

namespace clientele::events {
namespace {

class EventGrpc final : public rpc::Service {
 public:
  EventGrpc(rpc::Dispatcher& dispatcher, pg::Executor& executor)
      : Service(event::v1::EventService::service_full_name(), dispatcher), executor_(executor) {
    Serve("ListEvents", ListEventsHandler(executor_));
  }

 private:
  pg::Executor& executor_;
};

class AuditGrpc final : public rpc::Service {
 public:
  AuditGrpc(rpc::Dispatcher& dispatcher, const rpc::PageTokens& tokens)
      : Service(audit::v1::AuditService::service_full_name(), dispatcher), tokens_(tokens) {
    Serve("ListAuditRecords", ListAuditRecordsHandler(tokens_));
  }

 private:
  const rpc::PageTokens& tokens_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeEventService(rpc::Dispatcher& dispatcher, pg::Executor& executor) {
  return std::make_unique<EventGrpc>(dispatcher, executor);
}

std::unique_ptr<rpc::AsyncService> MakeAuditService(rpc::Dispatcher& dispatcher, const rpc::PageTokens& tokens) {
  return std::make_unique<AuditGrpc>(dispatcher, tokens);
}

}  // namespace clientele::events
