#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/revision.h"
#include "services/relationship/domain/termination_hold.h"

namespace clientele::relationship {

// The numbers are those of the contract and of the table.
enum class RelationshipKind { kReseller = 1 };
enum class RelationshipState { kActive = 1, kTerminating = 2, kTerminated = 3 };
enum class RelationshipOrigin { kCreate = 1, kImport = 2, kInvitation = 3 };
enum class TerminatedBy { kPartner = 1, kCustomer = 2, kSystem = 3 };

// The contract's word, such as ACTIVE.
const char* WordOf(RelationshipState state);

// How a relationship ended, or is ending.
struct Termination {
  TerminatedBy terminated_by = TerminatedBy::kPartner;
  std::string reason;
  absl::Time request_time;
  absl::Time end_time = absl::InfiniteFuture();  // until it is done
  std::string saga;                              // id of what carries it out
};

// Where the saga that ends it stands.
struct TerminationProgress {
  int attempt_count = 0;
  std::optional<absl::Time> next_attempt_time;
  std::string last_error;
};

// The link between a partner and a customer: one row for all its generations.
struct CustomerRelationship {
  std::string partner;
  std::string customer;
  RelationshipKind kind = RelationshipKind::kReseller;
  RelationshipState state = RelationshipState::kActive;
  int64_t generation = 1;
  std::string region;
  RelationshipOrigin origin = RelationshipOrigin::kCreate;
  std::string established_by;
  std::string establish_request;  // request_id that made this generation stand
  int hold_count = 0;
  int64_t hold_revision = 0;  // guard of the holds; outside revision and etag
  std::optional<Termination> termination;
  std::optional<TerminationProgress> progress;
  int64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
  absl::Time establish_time;
};

// Begins the end: TERMINATING. `holds` are those that stand. ETAG_MISMATCH before all; ALREADY_IN_STATE where the end
// is under way or done; TERMINATION_HOLDS names each.
absl::StatusOr<Revision<CustomerRelationship>> BeginTermination(const CustomerRelationship& current,
                                                                const std::vector<TerminationHold>& holds,
                                                                const std::string& etag, Termination termination);

// The end is done: TERMINATED. No changed field where saga `saga` has nothing to finish any more.
Revision<CustomerRelationship> FinishTermination(const CustomerRelationship& current, const std::string& saga,
                                                 absl::Time now);

// Takes back generation `generation`, which an unfinished saga made stand: TERMINATED at once. No changed field where
// it stands no more. TERMINATION_HOLDS names each of `holds`.
absl::StatusOr<Revision<CustomerRelationship>> Withdraw(const CustomerRelationship& current,
                                                        const std::vector<TerminationHold>& holds, int64_t generation,
                                                        absl::Time now);

// NOT_FOUND/CUSTOMER_RELATIONSHIP_NOT_FOUND.
absl::Status CustomerRelationshipNotFound(const std::string& name);

}  // namespace clientele::relationship
