#include "services/invitation/domain/drafting.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/market/culture.h"
#include "common/market/domain_name.h"

namespace clientele::invitation {
namespace {

constexpr char kDefaultLocale[] = "en";

void CheckKind(int kind, const market::Cloud& cloud, std::vector<FieldViolation>* violations) {
  if (kind == static_cast<int>(InvitationKind::kReseller) && cloud.AllowsInvitationKind("reseller")) return;
  violations->push_back({"invitation.kind", "must be a kind of invitation that this cloud has", "KIND", ""});
}

// A language alone, or a culture.
std::string CheckLocale(const std::string& text, std::vector<FieldViolation>* violations) {
  if (text.empty()) return kDefaultLocale;
  const bool has_country = absl::StrContains(text, "-") || absl::StrContains(text, "_");
  const auto checked = has_country ? market::CheckCulture("invitation.locale", nullptr, text, violations)
                                   : market::CheckLanguage("invitation.locale", nullptr, text, violations);
  return checked.value_or("");
}

}  // namespace

std::optional<int> CheckLifetime(const std::string& field, int days, const market::InvitationPolicy& policy,
                                 std::vector<FieldViolation>* violations) {
  const auto in_days = [](absl::Duration duration) { return static_cast<int>(duration / absl::Hours(24)); };
  if (days == 0) return in_days(policy.default_lifetime);
  if (days >= in_days(policy.min_lifetime) && days <= in_days(policy.max_lifetime)) return days;
  violations->push_back({field,
                         absl::StrCat("must lie between ", in_days(policy.min_lifetime), " and ",
                                      in_days(policy.max_lifetime), " days; 0 is the default"),
                         "LIFETIME", ""});
  return std::nullopt;
}

absl::StatusOr<Invitation> CheckDraft(const InvitationDraft& draft, const market::Cloud& cloud) {
  std::vector<FieldViolation> violations;
  Invitation invitation;
  CheckKind(draft.kind, cloud, &violations);
  if (draft.target.has_value()) {
    const auto target = CheckTarget("invitation.target", *draft.target, cloud, &violations);
    if (target.has_value()) invitation.target = *target;
  } else {
    violations.push_back(
        {"invitation.target", "is required: exactly one of email, domain and directory_tenant", "REQUIRED", ""});
  }
  if (!draft.recipient_email.empty()) {
    invitation.recipient_email =
        market::CheckEmailAddress("invitation.recipient_email", draft.recipient_email, &violations).value_or("");
  }
  invitation.locale = CheckLocale(draft.locale, &violations);
  invitation.message = draft.message;
  invitation.lifetime_days =
      CheckLifetime("invitation.lifetime_days", draft.lifetime_days, cloud.invitation(), &violations).value_or(0);
  if (!violations.empty()) return InvalidFields(violations);
  return invitation;
}

absl::Status CheckStanding(const std::optional<PartnerFact>& fact, const std::string& partner) {
  if (!fact.has_value()) return PartnerUnknown(partner);
  if (fact->agreement_signed) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "MPA_NOT_SIGNED",
                   absl::StrCat(PartnerName(partner), " has not signed the partner agreement"),
                   {{"partner", PartnerName(partner)}, {"pc_code", "2203"}});
}

absl::Status PartnerUnknown(const std::string& partner) {
  return WithRetry(MakeError(absl::StatusCode::kFailedPrecondition, "PARTNER_UNKNOWN",
                             absl::StrCat(PartnerName(partner), " is not known here yet; try again"),
                             {{"partner", PartnerName(partner)}}),
                   absl::Seconds(1));
}

absl::Status DuplicateInvitation(const std::string& open_twin) {
  return WithResource(
      MakeError(absl::StatusCode::kAlreadyExists, "DUPLICATE_INVITATION",
                absl::StrCat(open_twin, " for the same target waits for an answer"), {{"invitation", open_twin}}),
      "INVITATION", open_twin, "is open for the same target: resend it, or cancel it first");
}

absl::StatusOr<Revision<Invitation>> MakeDraft(const Invitation& checked, const std::string& id,
                                               const std::string& partner, const DraftingFacts& facts, absl::Time now) {
  if (absl::Status standing = CheckStanding(facts.partner, partner); !standing.ok()) return standing;
  if (!facts.linked_customer.empty()) {
    return WithResource(MakeError(absl::StatusCode::kAlreadyExists, "CUSTOMER_ALREADY_LINKED",
                                  absl::StrCat("the target is a customer already: ", facts.linked_customer),
                                  {{"customer", facts.linked_customer}}),
                        "CUSTOMER", facts.linked_customer, "is the target's account with this partner");
  }
  if (!facts.open_twin.empty()) return DuplicateInvitation(facts.open_twin);
  Revision<Invitation> first{checked,
                             "invitation.created",
                             {"kind", "state", "target", "recipient_email", "locale", "message", "lifetime_days"}};
  first.after.id = id;
  first.after.partner = partner;
  first.after.state = InvitationState::kDraft;
  first.after.revision = first.after.etag_revision = 1;
  first.after.create_time = first.after.update_time = now;
  return first;
}

}  // namespace clientele::invitation
