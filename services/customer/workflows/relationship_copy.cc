#include "services/customer/workflows/relationship_copy.h"

#include "clientele/relationship/v1/customer_relationship.pb.h"
#include "clientele/relationship/v1/partner.pb.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/partner_facts.h"

namespace clientele::customer {
namespace {

PartnerFact FactOf(const relationship::v1::Partner& partner) {
  PartnerFact fact;
  fact.id = LastSegment(partner.name());
  fact.country = partner.country();
  fact.region = partner.region();
  fact.kinds.insert(partner.kinds().begin(), partner.kinds().end());
  fact.agreement_state = partner.agreement_state();
  fact.directory_tenant = {partner.directory_tenant().issuer(), partner.directory_tenant().tenant_id()};
  fact.revision = partner.revision();
  return fact;
}

}  // namespace

absl::Status ApplyRelationshipEvent(pg::Session& session, const event::v1::Event& event) {
  if (relationship::v1::Partner partner; event.after().UnpackTo(&partner)) {
    return KeepPartnerFact(session, FactOf(partner));
  }
  if (relationship::v1::CustomerRelationship relationship; event.after().UnpackTo(&relationship)) {
    return FollowRelationship(session, ParseAccountName(relationship.name()), FromProto(relationship).summary);
  }
  return absl::OkStatus();
}

}  // namespace clientele::customer
