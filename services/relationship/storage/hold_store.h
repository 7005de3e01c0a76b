#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/list_query.h"
#include "common/pg/session.h"
#include "services/relationship/domain/termination_hold.h"
#include "services/relationship/storage/relationship_store.h"

namespace clientele::relationship {

// How a list of holds can be asked for: oldest first alone.
const pg::Listing& HoldListing();

// The holds of relationships. Every write goes through the relationship's row first, guarded by its hold_revision: its
// count is always that of the holds that stand. Thread-safe; the session is the worker's.
class HoldStore {
 public:
  explicit HoldStore(Encode<TerminationHold> encode) : encode_(std::move(encode)) {}

  // Sets or changes a hold for `call.principal`. CUSTOMER_RELATIONSHIP_NOT_FOUND, and what SetHold refuses.
  absl::StatusOr<TerminationHold> Upsert(pg::Session& session, CallContext& call, const RelationshipKey& key,
                                         const HoldSetting& setting) const;

  // Removes a hold for `call.principal`. TERMINATION_HOLD_NOT_FOUND, and what RemoveHold refuses.
  absl::Status Delete(pg::Session& session, CallContext& call, const RelationshipKey& key, const std::string& hold,
                      const HoldRemoval& removal) const;

  // CUSTOMER_RELATIONSHIP_NOT_FOUND where there are none because the relationship is none.
  static absl::StatusOr<pg::Page<TerminationHold>> List(pg::Session& session, const RelationshipKey& key,
                                                        const pg::PageRequest& page);

 private:
  const Encode<TerminationHold> encode_;
};

}  // namespace clientele::relationship
