#include "services/invitation/domain/acceptance.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/market/address.h"
#include "common/market/day.h"
#include "common/market/domain_name.h"
#include "common/market/phone_number.h"
#include "services/invitation/domain/drafting.h"
#include "services/invitation/domain/sending.h"

namespace clientele::invitation {
namespace {

constexpr char kTerminating[] = "RELATIONSHIP_TERMINATING";

void CheckAgreement(Agreement& agreement, const std::string& country, absl::Time now,
                    std::vector<FieldViolation>* violations) {
  const std::string contact = "agreement.primary_contact";
  if (const auto email = market::CheckEmailAddress(absl::StrCat(contact, ".email"), agreement.email, violations)) {
    agreement.email = *email;
  }
  if (!agreement.phone_number.empty()) {
    const auto phone =
        market::CheckPhoneNumber(absl::StrCat(contact, ".phone_number"), country, agreement.phone_number, violations);
    if (phone.has_value()) agreement.phone_number = *phone;
  }
  market::CheckPastDay("agreement.date_agreed", agreement.date_agreed, now, violations);
}

absl::Status Refuse(absl::string_view reason, absl::string_view message, const ErrorMetadata& metadata = {}) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason, message, metadata);
}

}  // namespace

absl::StatusOr<Acceptance> CheckAcceptance(const Acceptance& acceptance, const market::Markets& markets,
                                           absl::Time now) {
  std::vector<FieldViolation> violations;
  Acceptance checked = acceptance;
  market::CheckCountry("company.country", markets, &checked.country, &violations);
  if (checked.agreement.has_value()) CheckAgreement(*checked.agreement, checked.country, now, &violations);
  if (!violations.empty()) return InvalidFields(violations);
  return checked;
}

std::vector<std::string> OrganizationDomains(const InvitationTarget& target, const Invitee& invitee,
                                             const market::Cloud& cloud, size_t limit) {
  std::vector<std::string> domains;
  for (const std::string& text : invitee.domains) {
    std::vector<FieldViolation> ignored;
    const auto domain = market::CheckDomainName("domains", text, &ignored);
    if (!domain.has_value() || cloud.IsFreeMailDomain(*domain)) continue;
    if (std::find(domains.begin(), domains.end(), *domain) == domains.end()) domains.push_back(*domain);
  }
  const auto wanted = std::find(domains.begin(), domains.end(), TargetHost(target));
  if (wanted != domains.end()) std::rotate(domains.begin(), wanted, wanted + 1);
  if (domains.size() > limit) domains.resize(limit);
  return domains;
}

absl::Status CheckHolder(const Invitation& invitation, int64_t generation, const Caller& caller, absl::Time now) {
  if (!caller.is_global_administrator) {
    return MakeError(absl::StatusCode::kPermissionDenied, "CUSTOMER_ROLE_REQUIRED",
                     "a customer's global administrator answers an invitation", {{"role", "global_admin"}});
  }
  if (!Matches(invitation.target, caller.invitee)) {
    return MakeError(absl::StatusCode::kPermissionDenied, "NOT_INVITEE",
                     "the invitation is for somebody else; ask the partner for one of your own");
  }
  // Newer than ours: a link from before the database was restored.
  if (generation > invitation.token_generation) return InvitationNotFound("");
  if (generation < invitation.token_generation) {
    return Refuse("INVITATION_REPLACED", "a newer mail replaced this link; follow the link in the newest one");
  }
  switch (StateAt(invitation, now)) {
    case InvitationState::kOpen:
    case InvitationState::kAccepting:
      return absl::OkStatus();
    case InvitationState::kExpired:
      return Refuse("INVITATION_EXPIRED", "the invitation has expired; ask the partner for a new one",
                    {{"expire_time",
                      absl::FormatTime(absl::RFC3339_sec, invitation.expire_time.value_or(now), absl::UTCTimeZone())}});
    case InvitationState::kDraft:
      return InvitationNotFound("");
    case InvitationState::kAccepted:
    case InvitationState::kDeclined:
    case InvitationState::kCancelled:
      break;
  }
  const char* state = WordOf(invitation.state);
  return Refuse("INVITATION_USED", absl::StrCat("the invitation is ", state, " and cannot be answered any more"),
                {{"state", state}});
}

absl::StatusOr<Revision<Invitation>> BeginAcceptance(const Invitation& current, const Acceptance& acceptance,
                                                     const std::optional<PartnerFact>& partner,
                                                     const market::Markets& markets, absl::Time now) {
  // The caller has a link, not the name.
  const auto state = Next(StateAt(current, now), InvitationAction::kAccept, "the invitation");
  if (!state.ok()) return state.status();
  if (!acceptance.agreement.has_value()) {
    return Refuse("AGREEMENT_REQUIRED", "the customer agreement must be accepted with the invitation");
  }
  if (!partner.has_value()) return PartnerUnknown(current.partner);
  const market::Market* market = markets.Find(acceptance.country);
  const std::string region = market == nullptr ? "" : market->csp_region;
  if (region != partner->region) {
    return Refuse("REGION_MISMATCH",
                  absl::StrCat("the company lies in region ", region, ", the partner in ", partner->region),
                  {{"country", acceptance.country},
                   {"customer_region", region},
                   {"partner_region", partner->region},
                   {"pc_code", "2201"}});
  }
  Revision<Invitation> next = NextRevision(current, "invitation.accepting", now);
  next.after.state = *state;
  next.after.progress = AcceptanceProgress{};
  next.changed_fields = {"state", "progress"};
  return next;
}

absl::StatusOr<Revision<Invitation>> CompleteAcceptance(const Invitation& current, const std::string& relationship,
                                                        absl::Time now) {
  const auto state = Next(current.state, InvitationAction::kComplete, NameOf(current));
  if (!state.ok()) return state.status();
  Revision<Invitation> next = NextRevision(current, "invitation.accepted", now);
  next.after.state = *state;
  next.after.accepted_relationship = relationship;
  next.after.progress = AcceptanceProgress{};
  next.changed_fields = {"state", "accepted_relationship", "progress"};
  DropQueuedMail(next);
  return next;
}

absl::StatusOr<Revision<Invitation>> ReopenAfterRefusal(const Invitation& current, const absl::Status& refusal,
                                                        bool relationship_ended, absl::Time now) {
  const auto state = Next(current.state, InvitationAction::kReopen, NameOf(current));
  if (!state.ok()) return state.status();
  Revision<Invitation> next = NextRevision(current, "invitation.reopened", now);
  next.after.state = *state;
  next.after.progress = AcceptanceProgress{};
  next.after.progress.last_error = ReasonOf(refusal);
  next.changed_fields = {"state", "progress"};
  if (StateAt(next.after, now) == InvitationState::kExpired) {
    next.type = "invitation.expired";
    next.after.state = InvitationState::kExpired;
  } else if (relationship_ended || ReasonOf(refusal) == kTerminating) {
    next.type = "invitation.cancelled";
    next.after.state = InvitationState::kCancelled;
  }
  if (next.after.state != InvitationState::kOpen) DropQueuedMail(next);
  return next;
}

}  // namespace clientele::invitation
