#include "services/customer/domain/profile.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/market/address.h"
#include "common/market/culture.h"
#include "common/market/domain_name.h"
#include "common/market/phone_number.h"

namespace clientele::customer {
namespace {

using Violations = std::vector<FieldViolation>;

void Trim(std::string& text) { text = std::string(absl::StripAsciiWhitespace(text)); }

void Require(const std::string& field, std::string& text, Violations* violations) {
  Trim(text);
  if (text.empty()) violations->push_back({field, "is required", "REQUIRED", ""});
}

// Takes over what a check of the market made of the value; a refused one stays as it came.
void Take(const std::optional<std::string>& checked, std::string& value) {
  if (checked.has_value()) value = *checked;
}

const market::Market* CheckBilling(const Policy& policy, const std::string& path, BillingProfile& billing,
                                   Violations* violations) {
  Require(path + "company_name", billing.company_name, violations);
  Take(market::CheckEmailAddress(path + "email", billing.email, violations), billing.email);
  Trim(billing.first_name);
  Trim(billing.last_name);
  Trim(billing.purchase_order);
  const market::Market* country =
      market::CheckAddress(path + "default_address", policy.markets, &billing.default_address, violations);
  Take(market::CheckCulture(path + "culture", country, billing.culture, violations), billing.culture);
  Take(market::CheckLanguage(path + "language", country, billing.language, violations), billing.language);
  if (!billing.currency.empty()) {
    Take(market::CheckCurrency(path + "currency", policy.markets, billing.currency, violations), billing.currency);
  }
  return country;
}

void CheckContacts(const std::string& path, const std::string& country, std::vector<Contact>& contacts,
                   Violations* violations) {
  for (size_t i = 0; i < contacts.size(); ++i) {
    const std::string prefix = absl::StrCat(path, "contacts[", i, "].");
    Contact& contact = contacts[i];
    Require(prefix + "first_name", contact.first_name, violations);
    Require(prefix + "last_name", contact.last_name, violations);
    Take(market::CheckEmailAddress(prefix + "email", contact.email, violations), contact.email);
    Trim(contact.phone_number);
    if (contact.phone_number.empty()) continue;
    Take(market::CheckPhoneNumber(prefix + "phone_number", country, contact.phone_number, violations),
         contact.phone_number);
  }
}

}  // namespace

void CheckProfile(const Policy& policy, BillingRule rule, const std::string& path, Customer& customer,
                  Violations* violations) {
  const size_t before = violations->size();
  Require(path + "company_name", customer.company_name, violations);
  std::string country;
  if (customer.billing_profile.has_value()) {
    const market::Market* market =
        CheckBilling(policy, path + "billing_profile.", *customer.billing_profile, violations);
    if (market != nullptr) {
      country = market->country;
      market::CheckRegistrationNumber(path + "organization_registration_number", *market,
                                      &customer.organization_registration_number, violations);
    }
  } else if (rule == BillingRule::kDemanded) {
    violations->push_back({path + "billing_profile", "is required", "REQUIRED", ""});
  }
  CheckContacts(path, country, customer.contacts, violations);
  customer.profile_complete = customer.billing_profile.has_value() && violations->size() == before;
}

void CheckOrganizationDomain(const Policy& policy, const std::string& field, std::string& domain,
                             Violations* violations) {
  const std::optional<std::string> checked = market::CheckDomainName(field, domain, violations);
  if (!checked.has_value()) return;
  domain = *checked;
  if (policy.cloud.IsFreeMailDomain(domain)) {
    violations->push_back({field, absl::StrCat(domain, " is a free mail provider's: it is no organisation's own"),
                           "FREE_MAIL_DOMAIN", ""});
  }
}

void CompleteTenants(const Policy& policy, std::vector<DirectoryTenant>& tenants) {
  for (DirectoryTenant& tenant : tenants) {
    if (tenant.issuer.empty()) tenant.issuer = policy.cloud.directory_issuer();
  }
}

std::string CountryOf(const Customer& customer) {
  return customer.billing_profile.has_value() ? customer.billing_profile->default_address.country : "";
}

}  // namespace clientele::customer
