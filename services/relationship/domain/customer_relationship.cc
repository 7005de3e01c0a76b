#include "services/relationship/domain/customer_relationship.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

// Partner Center's code for a customer that is not, or no longer, the partner's.
constexpr char kNotFoundCode[] = "20002";

absl::Status HeldBack(const std::string& name, const std::vector<TerminationHold>& holds) {
  std::vector<PreconditionViolation> violations;
  violations.reserve(holds.size());
  for (const TerminationHold& hold : holds) {
    violations.push_back(
        {"TERMINATION_HOLD", TerminationHoldName(hold.partner, hold.customer, hold.id), hold.description});
  }
  return Blocked("TERMINATION_HOLDS", absl::StrCat(name, " cannot end; termination holds that stand: ", holds.size()),
                 violations);
}

}  // namespace

const char* WordOf(RelationshipState state) {
  switch (state) {
    case RelationshipState::kActive:
      return "ACTIVE";
    case RelationshipState::kTerminating:
      return "TERMINATING";
    case RelationshipState::kTerminated:
      return "TERMINATED";
  }
  return "";
}

absl::StatusOr<Revision<CustomerRelationship>> BeginTermination(const CustomerRelationship& current,
                                                                const std::vector<TerminationHold>& holds,
                                                                const std::string& etag, Termination termination) {
  const std::string name = CustomerRelationshipName(current.partner, current.customer);
  if (absl::Status status = CheckEtag(name, etag, EtagOf(current.revision)); !status.ok()) return status;
  if (current.state != RelationshipState::kActive) {
    return InvalidTransition(name, WordOf(current.state), WordOf(current.state));
  }
  if (!holds.empty()) return HeldBack(name, holds);
  Revision<CustomerRelationship> revision{current, "relationship.terminating", {"state", "termination"}};
  revision.after.state = RelationshipState::kTerminating;
  revision.after.revision = current.revision + 1;
  revision.after.update_time = termination.request_time;
  revision.after.termination = std::move(termination);
  return revision;
}

Revision<CustomerRelationship> FinishTermination(const CustomerRelationship& current, const std::string& saga,
                                                 absl::Time now) {
  Revision<CustomerRelationship> revision{current, "relationship.terminated", {}};
  const bool due = current.state == RelationshipState::kTerminating && current.termination.has_value() &&
                   current.termination->saga == saga;
  if (!due) return revision;
  revision.changed_fields = {"state", "termination.end_time"};
  revision.after.state = RelationshipState::kTerminated;
  revision.after.revision = current.revision + 1;
  revision.after.update_time = now;
  revision.after.termination->end_time = now;
  revision.after.progress.reset();
  return revision;
}

absl::StatusOr<Revision<CustomerRelationship>> Withdraw(const CustomerRelationship& current,
                                                        const std::vector<TerminationHold>& holds, int64_t generation,
                                                        absl::Time now) {
  Revision<CustomerRelationship> revision{current, "relationship.terminated", {}};
  if (current.state != RelationshipState::kActive || current.generation != generation) return revision;
  if (!holds.empty()) return HeldBack(CustomerRelationshipName(current.partner, current.customer), holds);
  revision.changed_fields = {"state", "termination"};
  revision.after.state = RelationshipState::kTerminated;
  revision.after.revision = current.revision + 1;
  revision.after.update_time = now;
  revision.after.termination = Termination{TerminatedBy::kSystem, "", now, now, ""};
  return revision;
}

absl::Status CustomerRelationshipNotFound(const std::string& name) {
  return NotFound("CUSTOMER_RELATIONSHIP", name, {{"pc_code", kNotFoundCode}});
}

}  // namespace clientele::relationship
