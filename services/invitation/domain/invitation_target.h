#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/error.h"
#include "common/market/cloud.h"

namespace clientele::invitation {

struct DirectoryTenant {
  std::string issuer;
  std::string tenant_id;

  friend bool operator==(const DirectoryTenant& a, const DirectoryTenant& b) {
    return a.issuer == b.issuer && a.tenant_id == b.tenant_id;
  }
};

// The numbers are those of the table.
enum class TargetKind { kEmail = 1, kDomain = 2, kDirectoryTenant = 3 };

// Who may accept an invitation. Only the member that `kind` names is set.
struct InvitationTarget {
  TargetKind kind = TargetKind::kEmail;
  std::string email;   // the local part as the partner wrote it
  std::string domain;  // lower-case A-labels
  DirectoryTenant directory_tenant;
};

// The target in the form that two invitations are compared by: email:anna@contoso.com, domain:contoso.com,
// tenant:<issuer> <tenant id>. Addresses count as equal whatever the case of their local part.
std::string TargetKey(const InvitationTarget& target);
// The domain that an address or a domain target lies in; empty for a tenant.
std::string TargetHost(const InvitationTarget& target);

// Brings a target into the form it is stored in: a domain as an A-label and none of a free mail provider, a tenant
// with the cell's own issuer where it names none. Adds a violation below `field` for what is wrong.
std::optional<InvitationTarget> CheckTarget(const std::string& field, const InvitationTarget& target,
                                            const market::Cloud& cloud, std::vector<FieldViolation>* violations);

// What the token of a customer's administrator proves.
struct Invitee {
  DirectoryTenant directory_tenant;
  std::string email;  // verified, lower case; empty where it is not
  std::vector<std::string> domains;
};

// Whether the target means this administrator.
bool Matches(const InvitationTarget& target, const Invitee& invitee);

}  // namespace clientele::invitation
