#pragma once

#include "absl/status/status.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/pg/session.h"

namespace clientele::customer {

// Keeps what relationship-service tells in its feed: facts of partners, and the newest state of the relationship that
// an account shows. Events of other resources, and older ones, change nothing.
absl::Status ApplyRelationshipEvent(pg::Session& session, const event::v1::Event& event);

}  // namespace clientele::customer
