#pragma once

#include <memory>

#include "common/pg/executor.h"
#include "common/rpc/page_token.h"

namespace clientele::rpc {
class AsyncService;
class Dispatcher;
}  // namespace clientele::rpc

namespace clientele::events {

// The gRPC services that every binary serves beside its own. What they are made from outlives them.
std::unique_ptr<rpc::AsyncService> MakeEventService(rpc::Dispatcher& dispatcher, pg::Executor& executor);
std::unique_ptr<rpc::AsyncService> MakeAuditService(rpc::Dispatcher& dispatcher, const rpc::PageTokens& tokens);

}  // namespace clientele::events
