#pragma once

#include <map>
#include <string>

#include "services/customer/domain/customer.h"
#include "services/customer/domain/profile.h"

// Accounts that pass every rule, for tests to break.
namespace clientele::customer {

inline constexpr char kPartner[] = "0190a000-0000-7000-8000-000000000001";
inline constexpr char kOtherPartner[] = "0190a000-0000-7000-8000-000000000002";
inline constexpr char kCustomerId[] = "0190c000-0000-7000-8000-000000000001";
inline constexpr char kTenantId[] = "7d2f0d3e-3a52-4d1c-9f0a-0c1f0f8b1a11";
inline constexpr char kIssuer[] = "https://directory.clientele.local/global";

// The real market data and the policy of a cloud.
inline Policy PolicyOf(const std::string& cell) {
  static const auto* const kMarkets = new market::Markets(*market::Markets::Load("deploy/markets/markets.json"));
  static auto* const clouds = new std::map<std::string, market::Cloud>();
  const auto found = clouds->find(cell);
  if (found != clouds->end()) return {*kMarkets, found->second};
  const auto added = clouds->emplace(cell, *market::Cloud::Load("deploy/clouds/" + cell + ".json", cell));
  return {*kMarkets, added.first->second};
}
inline Policy TestPolicy() { return PolicyOf("global"); }

inline Customer Contoso() {
  Customer customer;
  customer.name = {kPartner, kCustomerId};
  customer.state = AccountState::kActive;
  customer.origin = AccountOrigin::kCreate;
  customer.company_name = "Contoso Ltd.";
  customer.primary_domain = "contoso.com";
  BillingProfile& billing = customer.billing_profile.emplace();
  billing.company_name = "Contoso Ltd.";
  billing.email = "ap@contoso.com";
  billing.culture = "en-US";
  billing.language = "en";
  billing.default_address.address_line1 = "1 Microsoft Way";
  billing.default_address.city = "Redmond";
  billing.default_address.state = "WA";
  billing.default_address.postal_code = "98052";
  billing.default_address.country = "US";
  customer.profile_complete = true;
  customer.region = "united-states";
  customer.relationship = {1, 1, 1, 1};
  customer.link_generation = 1;
  customer.link_revision = 1;
  customer.revision = 3;
  customer.create_time = absl::FromUnixSeconds(1767000000);
  customer.update_time = customer.create_time;
  return customer;
}

}  // namespace clientele::customer
