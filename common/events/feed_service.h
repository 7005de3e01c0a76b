#pragma once

#include "clientele/audit/v1/audit_service.pb.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/pg/executor.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"

namespace clientele::events {

// ListEvents over this service's outbox. Waits without a worker: it polls at 10 ms busy to 250 ms idle while it waits.
// `executor` must outlive the handler's calls.
rpc::Handler<event::v1::ListEventsRequest, event::v1::ListEventsResponse> ListEventsHandler(pg::Executor& executor);

// ListAuditRecords over this service's audit table.
rpc::Handler<audit::v1::ListAuditRecordsRequest, audit::v1::ListAuditRecordsResponse> ListAuditRecordsHandler(
    const rpc::PageTokens& tokens);

}  // namespace clientele::events
