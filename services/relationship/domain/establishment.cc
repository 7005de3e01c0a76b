#include "services/relationship/domain/establishment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/market/address.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

// Partner Center's codes, for callers that move over from it.
constexpr char kRegionMismatchCode[] = "2201";
constexpr char kAgreementNotSignedCode[] = "2203";

// One fact that refuses an establishment.
absl::Status Refused(absl::StatusCode code, const char* reason, const std::string& message, const Establishment& wanted,
                     ErrorMetadata metadata = {}) {
  metadata["resource"] = CustomerRelationshipName(wanted.partner, wanted.customer);
  return MakeError(code, reason, message, metadata);
}

absl::Status Forbidden(const char* reason, const std::string& message, const Establishment& wanted,
                       ErrorMetadata metadata = {}) {
  return Refused(absl::StatusCode::kFailedPrecondition, reason, message, wanted, std::move(metadata));
}

// A reseller without a buying relation of its own wins customers by their acceptance alone.
absl::Status CheckKinds(const Establishment& wanted, const Partner& partner) {
  const bool reseller_alone = partner.kinds == std::set<PartnerKind>{PartnerKind::kIndirectReseller};
  if (!reseller_alone || wanted.origin == RelationshipOrigin::kInvitation) return absl::OkStatus();
  return Refused(absl::StatusCode::kPermissionDenied, "RESELLER_CANNOT_CREATE_CUSTOMER",
                 "an indirect reseller invites customers; its provider creates them", wanted);
}

absl::Status CheckRegion(const Establishment& wanted, const std::string& field, const Partner& partner,
                         const market::Markets& markets) {
  if (wanted.country.empty()) return absl::OkStatus();
  std::vector<FieldViolation> violations;
  std::string country = wanted.country;
  const market::Market* const market =
      market::CheckCountry(absl::StrCat(field, ".country"), markets, &country, &violations);
  if (market == nullptr) return InvalidFields(violations);
  if (market->csp_region == partner.region) return absl::OkStatus();
  return Forbidden("REGION_MISMATCH",
                   absl::StrCat(country, " lies in region ", market->csp_region, ", the partner in ", partner.region),
                   wanted,
                   {{"pc_code", kRegionMismatchCode},
                    {"country", country},
                    {"customer_region", market->csp_region},
                    {"partner_region", partner.region}});
}

absl::Status CheckParties(const Establishment& wanted, const std::string& field, const Partner& partner,
                          const market::Markets& markets) {
  if (absl::Status kinds = CheckKinds(wanted, partner); !kinds.ok()) return kinds;
  if (partner.agreement_state != AgreementState::kSigned) {
    return Forbidden("MPA_NOT_SIGNED", "the partner has not signed the partner agreement", wanted,
                     {{"pc_code", kAgreementNotSignedCode}, {"partner", PartnerName(partner.id)}});
  }
  if (absl::Status region = CheckRegion(wanted, field, partner, markets); !region.ok()) return region;
  const auto& tenants = wanted.directory_tenants;
  if (partner.directory_tenant.has_value() &&
      std::find(tenants.begin(), tenants.end(), *partner.directory_tenant) != tenants.end()) {
    return Forbidden("PARTNER_IS_CUSTOMER", "a partner cannot sell to itself: the tenant is its own", wanted);
  }
  return absl::OkStatus();
}

// Whether an ended relationship may stand again.
absl::Status CheckRevival(const Establishment& wanted, const std::string& request_id,
                          const CustomerRelationship& current) {
  const bool made_by_this_request = !request_id.empty() && current.establish_request == request_id;
  const bool accepted = wanted.origin == RelationshipOrigin::kInvitation;
  const bool vouched_after_end = wanted.origin == RelationshipOrigin::kImport && current.termination.has_value() &&
                                 current.termination->terminated_by == TerminatedBy::kPartner &&
                                 wanted.list_time.has_value() && *wanted.list_time > current.termination->end_time;
  if (!made_by_this_request && (accepted || vouched_after_end)) return absl::OkStatus();
  return Forbidden("RELATIONSHIP_ENDED", "the relationship has ended: the customer must accept a new invitation",
                   wanted);
}

Revision<CustomerRelationship> Activate(const Establishment& wanted, const std::string& request_id,
                                        const Partner& partner, const CustomerRelationship* current, absl::Time now) {
  Revision<CustomerRelationship> revision;
  revision.type = "relationship.activated";
  revision.changed_fields = {"state", "generation", "region", "origin", "established_by", "establish_time"};
  CustomerRelationship& after = revision.after;
  if (current == nullptr) {
    after.partner = wanted.partner;
    after.customer = wanted.customer;
    after.create_time = now;
    after.revision = 1;
    revision.changed_fields.emplace_back("kind");
  } else {
    after = *current;
    after.generation = current->generation + 1;
    after.revision = current->revision + 1;
    after.termination.reset();
    after.progress.reset();
    revision.changed_fields.emplace_back("termination");
  }
  after.state = RelationshipState::kActive;
  after.region = partner.region;
  after.origin = wanted.origin;
  after.established_by = wanted.established_by;
  after.establish_request = request_id;
  after.update_time = now;
  after.establish_time = now;
  return revision;
}

}  // namespace

absl::StatusOr<Establishing> Establish(const Establishment& wanted, const std::string& field,
                                       const std::string& request_id, const Partner* partner,
                                       const CustomerRelationship* current, const market::Markets& markets,
                                       absl::Time now) {
  if (partner == nullptr) return NotFound("PARTNER", PartnerName(wanted.partner));
  if (current != nullptr && current->state == RelationshipState::kActive) {
    return Establishing{{*current, "", {}}, request_id.empty() || current->establish_request != request_id};
  }
  if (current != nullptr && current->state == RelationshipState::kTerminating) {
    return Forbidden("RELATIONSHIP_TERMINATING", "the relationship is being ended; try again when that is done",
                     wanted);
  }
  if (absl::Status parties = CheckParties(wanted, field, *partner, markets); !parties.ok()) return parties;
  if (current != nullptr) {
    if (absl::Status revival = CheckRevival(wanted, request_id, *current); !revival.ok()) return revival;
  }
  return Establishing{Activate(wanted, request_id, *partner, current, now), false};
}

}  // namespace clientele::relationship
