#pragma once

#include <google/protobuf/empty.pb.h>

#include "clientele/relationship/v1/termination_hold_service.pb.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/hold_store.h"

// The RPCs of TerminationHoldService.
namespace clientele::relationship {

absl::StatusOr<v1::TerminationHold> UpsertTerminationHold(pg::Session& session, rpc::Call& call,
                                                          const v1::UpsertTerminationHoldRequest& request,
                                                          const HoldStore& holds);
absl::StatusOr<google::protobuf::Empty> DeleteTerminationHold(pg::Session& session, rpc::Call& call,
                                                              const v1::DeleteTerminationHoldRequest& request,
                                                              const HoldStore& holds);
absl::Status ListTerminationHolds(pg::Session& session, rpc::Call& call, const v1::ListTerminationHoldsRequest& request,
                                  v1::ListTerminationHoldsResponse& response, const rpc::PageTokens& tokens);

}  // namespace clientele::relationship
