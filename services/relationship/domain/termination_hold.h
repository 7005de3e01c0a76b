#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/error.h"
#include "common/core/revision.h"

namespace clientele::relationship {

struct CustomerRelationship;

enum class HoldKind { kSubscription = 1, kReservation = 2, kSoftware = 3, kBilling = 4 };

// A fact of another team that blocks the end of a relationship.
struct TerminationHold {
  std::string partner;
  std::string customer;
  std::string id;  // the reporter's choice
  HoldKind kind = HoldKind::kSubscription;
  std::string description;
  std::string reporter;
  // The relationship's hold_revision when the hold was written: it grows over the holds of one relationship together,
  // so that a hold that goes and comes again never has the etag, or an event's place, of the one before.
  int64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
};

// What a reporter sets.
struct HoldSetting {
  std::string id;
  HoldKind kind = HoldKind::kSubscription;
  std::string description;
  std::string etag;  // empty: whatever stands
};

// Sets a hold, or changes the one that stands (`current`; null where none does). No changed field: it stands so
// already. ETAG_MISMATCH, RELATIONSHIP_TERMINATING, RELATIONSHIP_TERMINATED or NOT_HOLD_REPORTER, in this order.
absl::StatusOr<Revision<TerminationHold>> SetHold(const CustomerRelationship& relationship,
                                                  const TerminationHold* current, const HoldSetting& setting,
                                                  const std::string& reporter, absl::Time now);

// How a hold goes.
struct HoldRemoval {
  std::string etag;               // empty: whatever stands
  bool releases_orphans = false;  // an operator, for a reporter that cannot do it any more
};

// The last revision of a hold that `caller` removes. ETAG_MISMATCH or NOT_HOLD_REPORTER.
absl::StatusOr<Revision<TerminationHold>> RemoveHold(const CustomerRelationship& relationship,
                                                     const TerminationHold& current, const HoldRemoval& removal,
                                                     const std::string& caller, absl::Time now);

}  // namespace clientele::relationship
