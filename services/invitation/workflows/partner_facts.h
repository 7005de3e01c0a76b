#pragma once

#include "absl/status/status.h"
#include "clientele/event/v1/event_service.pb.h"
#include "common/pg/session.h"

namespace clientele::invitation {

// The events of relationship-service's feed that the copy of partners needs, and what one of them changes in it.
inline constexpr char kPartnerEvents[] = "partner.";
absl::Status ApplyPartnerEvent(pg::Session& session, const event::v1::Event& event);

}  // namespace clientele::invitation
