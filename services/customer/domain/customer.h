#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "common/market/address.h"
#include "services/customer/domain/names.h"

namespace clientele::customer {

// As stored. PROVISIONING is seen by the saga that makes the account, and by nobody else.
enum class AccountState { kProvisioning = 0, kActive = 1, kEnded = 2 };
enum class AccountOrigin { kUnspecified = 0, kCreate = 1, kImport = 2, kInvitation = 3 };

struct DirectoryTenant {
  std::string issuer;
  std::string tenant_id;

  friend bool operator==(const DirectoryTenant& a, const DirectoryTenant& b) {
    return a.issuer == b.issuer && a.tenant_id == b.tenant_id;
  }
};

struct Contact {
  std::string first_name;
  std::string last_name;
  std::string email;
  std::string phone_number;

  friend bool operator==(const Contact& a, const Contact& b) {
    return std::tie(a.first_name, a.last_name, a.email, a.phone_number) ==
           std::tie(b.first_name, b.last_name, b.email, b.phone_number);
  }
};

struct BillingProfile {
  std::string company_name;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string culture;
  std::string language;
  market::Address default_address;
  std::string tax_id;
  std::string currency;
  std::string purchase_order;
};

// The relationship an account rests on, as far as the account tells of it. Kind and state are the numbers of the
// relationship's contract; they are stored and answered, never decided on here.
struct RelationshipSummary {
  int kind = 0;
  int state = 0;
  int64_t generation = 0;  // 0: none yet
  int64_t revision = 0;
};

// True where `a` is an earlier state of the relationship than `b`.
inline bool IsOlder(const RelationshipSummary& a, const RelationshipSummary& b) {
  return std::tie(a.generation, a.revision) < std::tie(b.generation, b.revision);
}

// A partner's account of a customer, with what it shows of the organisation that all partners share.
struct Customer {
  AccountName name;
  AccountState state = AccountState::kProvisioning;
  AccountOrigin origin = AccountOrigin::kUnspecified;
  bool profile_complete = false;
  std::string company_name;
  std::string primary_domain;
  std::vector<std::string> custom_domains;
  std::vector<DirectoryTenant> directory_tenants;
  std::string organization_registration_number;
  std::optional<BillingProfile> billing_profile;
  std::vector<Contact> contacts;
  std::string external_id;
  std::map<std::string, std::string> labels;
  std::string region;  // CSP region of the relationship; empty before there is one
  RelationshipSummary relationship;
  // The state of the relationship that decided the account's own state. Apart from `relationship`, which the feed may
  // have brought further already.
  int64_t link_generation = 0;
  int64_t link_revision = 0;
  std::string saga;  // that made it, or made it stand again
  int64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
  std::optional<absl::Time> end_time;
};

// A relationship as its owner answers it.
struct Relationship {
  RelationshipSummary summary;
  std::string region;
};

}  // namespace clientele::customer
