#pragma once

#include <google/protobuf/empty.pb.h>

#include "clientele/relationship/v1/termination_hold_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/hold_store.h"

// The RPCs of TerminationHoldService. What a handler is made from outlives its calls.
namespace clientele::relationship {

rpc::Handler<v1::UpsertTerminationHoldRequest, v1::TerminationHold> UpsertTerminationHoldHandler(
    const HoldStore& holds);
rpc::Handler<v1::DeleteTerminationHoldRequest, google::protobuf::Empty> DeleteTerminationHoldHandler(
    const HoldStore& holds);
rpc::Handler<v1::ListTerminationHoldsRequest, v1::ListTerminationHoldsResponse> ListTerminationHoldsHandler(
    const rpc::PageTokens& tokens);

}  // namespace clientele::relationship
