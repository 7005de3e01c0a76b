#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/auth/keys.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "services/invitation/domain/invitation.h"
#include "services/invitation/domain/invitation_token.h"
#include "services/invitation/domain/partner_fact.h"

// What the tests of this service have in common.
namespace clientele::invitation {

inline constexpr char kPartnerId[] = "018f3d5a-0000-7000-8000-000000000001";
inline constexpr char kInvitationId[] = "018f3d5a-0000-7000-8000-0000000000a1";
inline constexpr char kTenantId[] = "018f3d5a-0000-7000-8000-0000000000b1";
inline constexpr char kIssuer[] = "https://directory.clientele.local/global";

// 2026-01-01T00:00:00Z.
inline absl::Time TestTime() { return absl::FromUnixSeconds(1767225600); }

inline const market::Cloud& TestCloud() {
  static const auto* const cloud = new market::Cloud(*market::Cloud::Load("deploy/clouds/global.json", "global"));
  return *cloud;
}

inline const market::Markets& TestMarkets() {
  static const auto* const markets = new market::Markets(*market::Markets::Load("deploy/markets/markets.json"));
  return *markets;
}

inline InvitationTarget EmailTarget(const std::string& email) {
  InvitationTarget target;
  target.kind = TargetKind::kEmail;
  target.email = email;
  return target;
}

inline InvitationTarget DomainTarget(const std::string& domain) {
  InvitationTarget target;
  target.kind = TargetKind::kDomain;
  target.domain = domain;
  return target;
}

inline InvitationTarget TenantTarget(const std::string& issuer, const std::string& tenant) {
  InvitationTarget target;
  target.kind = TargetKind::kDirectoryTenant;
  target.directory_tenant = {issuer, tenant};
  return target;
}

inline PartnerFact TestPartner() {
  PartnerFact fact;
  fact.partner = kPartnerId;
  fact.display_name = "Contoso Reselling";
  fact.country = "DE";
  fact.region = TestMarkets().Find("DE")->csp_region;
  fact.kinds = {"direct_bill"};
  fact.agreement_signed = true;
  fact.revision = 1;
  return fact;
}

// A draft for anna@fabrikam.example, in the state asked for.
inline Invitation TestInvitation(InvitationState state = InvitationState::kDraft) {
  Invitation invitation;
  invitation.id = kInvitationId;
  invitation.partner = kPartnerId;
  invitation.state = state;
  invitation.target = EmailTarget("Anna@fabrikam.example");
  invitation.locale = "en";
  invitation.lifetime_days = 30;
  invitation.revision = invitation.etag_revision = 1;
  invitation.create_time = invitation.update_time = TestTime();
  if (state == InvitationState::kDraft) return invitation;
  invitation.expire_time = TestTime() + absl::Hours(24 * 30);
  invitation.token_generation = 1;
  invitation.delivery.state = DeliveryState::kSent;
  return invitation;
}

// Keys "new" (which signs) and "old".
inline auth::SigningKeys TestKeys() {
  return *auth::SigningKeys::Create({{"new", std::string(32, 'n')}, {"old", std::string(32, 'o')}});
}

inline InvitationTokens TestTokens() {
  return InvitationTokens(TestKeys(), "global", "https://portal.example/accept?token=");
}

}  // namespace clientele::invitation
