#include "services/invitation/domain/invitation_target.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/market/domain_name.h"

namespace clientele::invitation {

std::string TargetKey(const InvitationTarget& target) {
  switch (target.kind) {
    case TargetKind::kEmail:
      return absl::StrCat("email:", absl::AsciiStrToLower(target.email));
    case TargetKind::kDomain:
      return absl::StrCat("domain:", target.domain);
    case TargetKind::kDirectoryTenant:
      return absl::StrCat("tenant:", target.directory_tenant.issuer, " ", target.directory_tenant.tenant_id);
  }
  return "";
}

std::string TargetHost(const InvitationTarget& target) {
  switch (target.kind) {
    case TargetKind::kEmail:
      return market::DomainOfEmail(target.email);
    case TargetKind::kDomain:
      return target.domain;
    case TargetKind::kDirectoryTenant:
      return "";
  }
  return "";
}

std::optional<InvitationTarget> CheckTarget(const std::string& field, const InvitationTarget& target,
                                            const market::Cloud& cloud, std::vector<FieldViolation>* violations) {
  InvitationTarget checked;
  checked.kind = target.kind;
  switch (target.kind) {
    case TargetKind::kEmail: {
      const auto email = market::CheckEmailAddress(absl::StrCat(field, ".email"), target.email, violations);
      if (!email.has_value()) return std::nullopt;
      checked.email = *email;
      return checked;
    }
    case TargetKind::kDomain: {
      const auto domain = market::CheckDomainName(absl::StrCat(field, ".domain"), target.domain, violations);
      if (!domain.has_value()) return std::nullopt;
      if (cloud.IsFreeMailDomain(*domain)) {
        violations->push_back({absl::StrCat(field, ".domain"),
                               absl::StrCat("must be the organisation's own; ", *domain,
                                            " is a free mail provider's: invite an e-mail address instead"),
                               "FREE_MAIL_DOMAIN", ""});
        return std::nullopt;
      }
      checked.domain = *domain;
      return checked;
    }
    case TargetKind::kDirectoryTenant:
      checked.directory_tenant = target.directory_tenant;
      if (checked.directory_tenant.issuer.empty()) checked.directory_tenant.issuer = cloud.directory_issuer();
      return checked;
  }
  return std::nullopt;
}

bool Matches(const InvitationTarget& target, const Invitee& invitee) {
  switch (target.kind) {
    case TargetKind::kEmail:
      return !invitee.email.empty() && absl::AsciiStrToLower(target.email) == absl::AsciiStrToLower(invitee.email);
    case TargetKind::kDomain:
      return std::any_of(invitee.domains.begin(), invitee.domains.end(), [&](const std::string& domain) {
        std::vector<FieldViolation> ignored;
        return market::CheckDomainName("domains", domain, &ignored) == target.domain;
      });
    case TargetKind::kDirectoryTenant:
      return target.directory_tenant == invitee.directory_tenant;
  }
  return false;
}

}  // namespace clientele::invitation
