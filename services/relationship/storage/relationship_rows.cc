#include "services/relationship/storage/relationship_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

std::optional<Termination> ReadTermination(pg::RowReader& row) {
  if (row.IsNull()) {
    row.Skip(5);
    return std::nullopt;
  }
  Termination termination;
  termination.terminated_by = static_cast<TerminatedBy>(row.Int());
  termination.reason = row.Text();
  termination.request_time = row.Time();
  termination.end_time = row.Time();
  termination.saga = row.Text();
  return termination;
}

std::optional<TerminationProgress> ReadProgressColumns(pg::RowReader& row) {
  if (row.IsNull()) {
    row.Skip(3);
    return std::nullopt;
  }
  TerminationProgress progress;
  progress.attempt_count = static_cast<int>(row.Int());
  progress.next_attempt_time = row.OptionalTime();
  progress.last_error = row.Text();
  return progress;
}

}  // namespace

CustomerRelationship ReadRelationship(pg::RowReader& row) {
  CustomerRelationship relationship;
  relationship.partner = row.Text();
  relationship.customer = row.Text();
  relationship.kind = static_cast<RelationshipKind>(row.Int());
  relationship.state = static_cast<RelationshipState>(row.Int());
  relationship.generation = row.Int();
  relationship.region = row.Text();
  relationship.origin = static_cast<RelationshipOrigin>(row.Int());
  relationship.established_by = row.Text();
  relationship.establish_request = row.Text();
  relationship.hold_count = static_cast<int>(row.Int());
  relationship.hold_revision = row.Int();
  relationship.termination = ReadTermination(row);
  relationship.revision = row.Int();
  relationship.create_time = row.Time();
  relationship.update_time = row.Time();
  relationship.establish_time = row.Time();
  relationship.progress = ReadProgressColumns(row);
  return relationship;
}

std::string RelationshipRowId(const CustomerRelationship& relationship) {
  return absl::StrCat(relationship.partner, "/", relationship.customer);
}

pg::Change ChangeOf(const Revision<CustomerRelationship>& revision, const Encode<CustomerRelationship>& encode) {
  const CustomerRelationship& relationship = revision.after;
  return {RelationshipRowId(relationship),
          revision.type,
          CustomerRelationshipName(relationship.partner, relationship.customer),
          PartnerName(relationship.partner),
          relationship.generation,
          relationship.revision,
          encode(relationship),
          revision.changed_fields};
}

}  // namespace clientele::relationship
