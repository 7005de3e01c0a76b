#include "common/auth/policy.h"

#include <map>

namespace clientele::auth {
namespace {

using Permissions = std::set<std::string>;

constexpr char kGlobalAdmin[] = "global_admin";

Permissions operator+(Permissions a, const Permissions& b) {
  a.insert(b.begin(), b.end());
  return a;
}

// What a role of a partner reads of its own partner, and an operator of all.
const Permissions& Reads() {
  static const auto* const reads = new Permissions{
      "auditRecords.list",
      "customerRelationships.get",
      "customerRelationships.list",
      "customers.checkDomain",
      "customers.get",
      "customers.list",
      "events.list",
      "invitations.get",
      "invitations.list",
      "partners.get",
      "terminationHolds.list",
  };
  return *reads;
}

const Permissions& Sells() {
  // A partner's own list is answered row by row: what is there already, or INVITATION_REQUIRED.
  static const auto* const sells = new Permissions{
      "customers.create",   "customers.import",   "customers.update",
      "invitations.cancel", "invitations.create", "invitations.send",
  };
  return *sells;
}

const std::map<std::string, Permissions>& PartnerRoles() {
  static const auto* const roles = new std::map<std::string, Permissions>{
      {kGlobalAdmin, Reads() + Sells() + Permissions{"customerRelationships.terminate"}},
      {"admin_agent", Reads() + Sells()},
      {"sales_agent", Reads() + Sells()},
      {"user_management_admin", Reads() + Permissions{"customers.create"}},
      {"helpdesk_agent", Reads()},
      // Reads what is its own: referrals, which no RPC serves yet, and its company.
      {"referral_admin", {"partners.get"}},
  };
  return *roles;
}

// A customer's global administrator, for its own organisation.
const Permissions& CustomerAdministrator() {
  static const auto* const permissions = new Permissions{"customerRelationships.get", "customerRelationships.terminate",
                                                         "invitations.accept", "terminationHolds.list"};
  return *permissions;
}

// Internal RPCs and the feeds.
const Permissions& Peer() {
  static const auto* const permissions = new Permissions{
      "customerAccounts.end",
      "customerAccounts.upsert",
      "customerRelationships.establish",
      "customerRelationships.withdraw",
      "events.list",
      "invitations.cancelForCustomer",
      "organizations.resolve",
  };
  return *permissions;
}

// Another team's: the feeds, the reads that a copy begins with (and that tell it what feeds leave out), the holds that
// it reports, and lists of the portal that it speaks for.
const Permissions& Service() {
  static const auto* const permissions = new Permissions{
      "customerRelationships.get",
      "customerRelationships.list",
      "customers.get",
      "customers.import",
      "customers.list",
      "events.list",
      "partners.get",
      "partners.list",
      "terminationHolds.delete",
      "terminationHolds.list",
      "terminationHolds.upsert",
  };
  return *permissions;
}

const Permissions& Operator() {
  static const auto* const permissions = new Permissions(
      Reads() + Permissions{"customers.import", "importSources.create", "importSources.get", "partners.create",
                            "partners.list", "partners.update", "terminationHolds.delete"});
  return *permissions;
}

// Reviewers and support readers: all of the cell, changing nothing.
const Permissions& Reader() {
  static const auto* const permissions = new Permissions(Reads() + Permissions{"importSources.get", "partners.list"});
  return *permissions;
}

const Permissions& Application() {
  static const auto* const permissions = new Permissions{"customers.import"};
  return *permissions;
}

bool Has(const Permissions& permissions, absl::string_view permission) {
  return permissions.count(std::string(permission)) > 0;
}

bool SomeRoleHas(const std::set<std::string>& roles, absl::string_view permission) {
  for (const std::string& role : roles) {
    const auto found = PartnerRoles().find(role);
    if (found != PartnerRoles().end() && Has(found->second, permission)) return true;
  }
  return false;
}

}  // namespace

bool Allowed(const Principal& principal, absl::string_view permission) {
  switch (principal.kind) {
    case PrincipalKind::kPeer:
      return Has(Peer(), permission);
    case PrincipalKind::kService:
      return Has(Service(), permission);
    case PrincipalKind::kPartnerUser:
    case PrincipalKind::kPartnerApplication:
      return SomeRoleHas(principal.roles, permission);
    case PrincipalKind::kApplication:
      return Has(Application(), permission);
    case PrincipalKind::kCustomer:
      return principal.roles.count(kGlobalAdmin) > 0 && Has(CustomerAdministrator(), permission);
    case PrincipalKind::kOperator:
      return Has(Operator(), permission);
    case PrincipalKind::kReviewer:
    case PrincipalKind::kSupportReader:
      return Has(Reader(), permission);
  }
  return false;
}

bool NeedsCustomerRole(const Principal& principal, absl::string_view permission) {
  return principal.kind == PrincipalKind::kCustomer && principal.roles.count(kGlobalAdmin) == 0 &&
         Has(CustomerAdministrator(), permission);
}

const std::set<std::string>& KnownPermissions() {
  static const auto* const known = [] {
    auto* all = new Permissions(CustomerAdministrator() + Peer() + Service() + Operator() + Reader() + Application());
    for (const auto& [role, permissions] : PartnerRoles()) all->insert(permissions.begin(), permissions.end());
    return all;
  }();
  return *known;
}

}  // namespace clientele::auth
