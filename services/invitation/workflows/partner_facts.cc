#include "services/invitation/workflows/partner_facts.h"

#include "absl/strings/match.h"
#include "clientele/relationship/v1/partner.pb.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/storage/partner_fact_store.h"

namespace clientele::invitation {
namespace {

const char* PolicyNameOf(int kind) {
  switch (kind) {
    case relationship::v1::PARTNER_KIND_DIRECT_BILL:
      return "direct_bill";
    case relationship::v1::PARTNER_KIND_INDIRECT_PROVIDER:
      return "indirect_provider";
    case relationship::v1::PARTNER_KIND_INDIRECT_RESELLER:
      return "indirect_reseller";
    default:
      return "";
  }
}

PartnerFact FactOf(const relationship::v1::Partner& partner) {
  PartnerFact fact;
  fact.partner = IdsOf(partner.name()).partner;
  fact.display_name = partner.display_name();
  fact.country = partner.country();
  fact.region = partner.region();
  for (const int kind : partner.kinds()) fact.kinds.insert(PolicyNameOf(kind));
  fact.agreement_signed = partner.agreement_state() == relationship::v1::AGREEMENT_STATE_SIGNED;
  fact.revision = partner.revision();
  return fact;
}

}  // namespace

absl::Status ApplyPartnerEvent(pg::Session& session, const event::v1::Event& event) {
  relationship::v1::Partner partner;
  if (!absl::StartsWith(event.type(), kPartnerEvents) || !event.after().UnpackTo(&partner)) return absl::OkStatus();
  return UpsertPartnerFact(session, FactOf(partner));
}

}  // namespace clientele::invitation
