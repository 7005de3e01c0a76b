#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/pg/command.h"
#include "common/pg/list_query.h"
#include "common/pg/point_reads.h"
#include "common/pg/session.h"
#include "services/relationship/domain/customer_relationship.h"

namespace clientele::relationship {

// How a list of relationships can be asked for.
const pg::Listing& RelationshipListing();

// A pair of ids: partner, customer.
using RelationshipKey = std::pair<std::string, std::string>;

// Ends and reads relationships. Thread-safe; the session is the worker's.
class RelationshipStore {
 public:
  explicit RelationshipStore(Encode<CustomerRelationship> encode) : encode_(std::move(encode)) {}

  // What a caller asks for who wants a relationship to end.
  struct TerminationRequest {
    RelationshipKey key;
    std::string etag;
    TerminatedBy terminated_by = TerminatedBy::kPartner;
    std::string reason;
    std::string saga_kind;
    std::string owner;  // replica that runs the saga first
    // First state of the saga for the relationship as it is TERMINATING.
    std::function<std::string(const CustomerRelationship&)> saga_state;
  };
  struct TerminationStart {
    CustomerRelationship relationship;
    pg::Begun begun;
  };
  // TERMINATING and the saga, written together; or the saga that the request started before.
  // CUSTOMER_RELATIONSHIP_NOT_FOUND, ETAG_MISMATCH, ALREADY_IN_STATE, TERMINATION_HOLDS.
  absl::StatusOr<TerminationStart> BeginTermination(pg::Session& session, CallContext& call,
                                                    const TerminationRequest& request) const;

  // The saga's last step: TERMINATED. Nothing changes where `saga` is not what is ending the relationship.
  absl::Status FinishTermination(pg::Session& session, CallContext& call, const RelationshipKey& key,
                                 const std::string& saga) const;

  // Takes generation `generation` back; the relationship as it is then. CUSTOMER_RELATIONSHIP_NOT_FOUND,
  // TERMINATION_HOLDS.
  absl::StatusOr<CustomerRelationship> Withdraw(pg::Session& session, CallContext& call, const RelationshipKey& key,
                                                int64_t generation) const;

  // One for each key, in their order; see RelationshipReads.
  static absl::StatusOr<std::vector<std::optional<CustomerRelationship>>> Fetch(
      pg::Session& session, const std::vector<RelationshipKey>& keys);
  // CUSTOMER_RELATIONSHIP_NOT_FOUND.
  static absl::StatusOr<CustomerRelationship> Read(pg::Session& session, const RelationshipKey& key);

  // A partner's relationships. PARTNER_NOT_FOUND where the partner has none because it is none.
  static absl::StatusOr<pg::Page<CustomerRelationship>> List(pg::Session& session, const std::string& partner,
                                                             const pg::PageRequest& page);

 private:
  const Encode<CustomerRelationship> encode_;
};

using RelationshipReads = pg::PointReads<RelationshipKey, std::optional<CustomerRelationship>>;

}  // namespace clientele::relationship
