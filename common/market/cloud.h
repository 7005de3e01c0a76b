#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace clientele::market {

// What a cell's policy says about invitations.
struct InvitationPolicy {
  std::set<std::string> kinds;  // "reseller"
  absl::Duration default_lifetime;
  absl::Duration min_lifetime;
  absl::Duration max_lifetime;
  absl::Duration reminder;  // so long before the end
  int daily_mails_to_strangers_per_partner = 0;
};

// The policy of the cloud that this cell serves. Immutable, so safe to share among threads.
class Cloud {
 public:
  // InvalidArgument names every error of the file with its place; a file of another cell than `cell` is one.
  static absl::StatusOr<Cloud> Load(const std::string& path, const std::string& cell);
  static absl::StatusOr<Cloud> Parse(const std::string& json, const std::string& origin, const std::string& cell);

  const std::string& cell() const { return cell_; }
  // Whether customers may be created. Imports and acceptances are of customers that exist: they are always allowed.
  bool accepts_new_customers() const { return accepts_new_customers_; }
  // Issuer of the tenants of the vendor's directory.
  const std::string& directory_issuer() const { return directory_issuer_; }
  // "direct_bill", "indirect_provider", "indirect_reseller".
  bool AllowsPartnerKind(const std::string& kind) const { return partner_kinds_.count(kind) > 0; }
  bool AllowsInvitationKind(const std::string& kind) const { return invitation_.kinds.count(kind) > 0; }
  const InvitationPolicy& invitation() const { return invitation_; }
  // Whether a lower-case domain, or one above it, is a free mail provider's: it cannot be an organisation's.
  bool IsFreeMailDomain(const std::string& domain) const;

 private:
  std::string cell_;
  bool accepts_new_customers_ = false;
  std::string directory_issuer_;
  std::set<std::string> partner_kinds_;
  InvitationPolicy invitation_;
  std::set<std::string> free_mail_domains_;
};

}  // namespace clientele::market
