#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "clientele/relationship/v1/relationship_service.pb.h"
#include "common/core/call_context.h"

namespace clientele::rpc {
struct PeerChannel;
}  // namespace clientele::rpc

namespace clientele::customer {

using EstablishRequest = relationship::v1::EstablishCustomerRelationshipsRequest;
using EstablishResponse = relationship::v1::EstablishCustomerRelationshipsResponse;

// Asks relationship-service to make relationships stand; calls back on any thread, within the call's deadline.
using Establish = std::function<void(const CallContext&, const EstablishRequest&,
                                     std::function<void(absl::StatusOr<EstablishResponse>, Consistency)>)>;

Establish EstablishAt(const rpc::PeerChannel& to);

}  // namespace clientele::customer
