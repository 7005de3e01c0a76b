#include "services/relationship/domain/termination_hold.h"

#include "absl/strings/str_cat.h"
#include "services/relationship/domain/customer_relationship.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

std::string NameOf(const CustomerRelationship& relationship, const std::string& hold) {
  return TerminationHoldName(relationship.partner, relationship.customer, hold);
}

absl::Status CheckReporter(const std::string& name, const TerminationHold& hold, const std::string& caller) {
  if (hold.reporter == caller) return absl::OkStatus();
  return MakeError(absl::StatusCode::kPermissionDenied, "NOT_HOLD_REPORTER",
                   absl::StrCat("only ", hold.reporter, ", which set ", name, ", changes it"),
                   {{"resource", name}, {"reporter", hold.reporter}});
}

// Nobody may set a hold that could no longer keep what it protects: the reporter is told, and can act.
absl::Status CheckStands(const CustomerRelationship& relationship) {
  if (relationship.state == RelationshipState::kActive) return absl::OkStatus();
  const bool ended = relationship.state == RelationshipState::kTerminated;
  const std::string name = CustomerRelationshipName(relationship.partner, relationship.customer);
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   ended ? "RELATIONSHIP_TERMINATED" : "RELATIONSHIP_TERMINATING",
                   absl::StrCat(name, ended ? " has ended" : " is being ended", ": no hold can be set"),
                   {{"resource", name}, {"state", WordOf(relationship.state)}});
}

}  // namespace

absl::StatusOr<Revision<TerminationHold>> SetHold(const CustomerRelationship& relationship,
                                                  const TerminationHold* current, const HoldSetting& setting,
                                                  const std::string& reporter, absl::Time now) {
  const std::string name = NameOf(relationship, setting.id);
  const std::string etag = current == nullptr ? "" : EtagOf(current->revision);
  if (absl::Status status = CheckEtag(name, setting.etag, etag); !status.ok()) return status;
  if (absl::Status stands = CheckStands(relationship); !stands.ok()) return stands;
  Revision<TerminationHold> revision;
  TerminationHold& hold = revision.after;
  if (current != nullptr) {
    if (absl::Status allowed = CheckReporter(name, *current, reporter); !allowed.ok()) return allowed;
    hold = *current;
  }
  if (current == nullptr) {
    hold = {relationship.partner,
            relationship.customer,
            setting.id,
            setting.kind,
            setting.description,
            reporter,
            0,
            now,
            now};
    revision.type = "hold.created";
    revision.changed_fields = {"kind", "description", "reporter"};
  } else {
    revision.type = "hold.updated";
    if (hold.kind != setting.kind) revision.changed_fields.emplace_back("kind");
    if (hold.description != setting.description) revision.changed_fields.emplace_back("description");
    if (revision.changed_fields.empty()) return revision;
    hold.kind = setting.kind;
    hold.description = setting.description;
    hold.update_time = now;
  }
  hold.revision = relationship.hold_revision + 1;
  return revision;
}

absl::StatusOr<Revision<TerminationHold>> RemoveHold(const CustomerRelationship& relationship,
                                                     const TerminationHold& current, const HoldRemoval& removal,
                                                     const std::string& caller, absl::Time now) {
  const std::string name = NameOf(relationship, current.id);
  if (absl::Status status = CheckEtag(name, removal.etag, EtagOf(current.revision)); !status.ok()) return status;
  if (!removal.releases_orphans) {
    if (absl::Status allowed = CheckReporter(name, current, caller); !allowed.ok()) return allowed;
  }
  Revision<TerminationHold> revision{current, "hold.deleted", {"name"}};
  revision.after.revision = relationship.hold_revision + 1;
  revision.after.update_time = now;
  return revision;
}

}  // namespace clientele::relationship
