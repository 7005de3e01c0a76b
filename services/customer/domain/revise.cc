#include "services/customer/domain/revise.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace clientele::customer {
namespace {

struct BillingField {
  const char* path;
  std::string BillingProfile::*field;
};
constexpr BillingField kBillingFields[] = {
    {"billing_profile.company_name", &BillingProfile::company_name},
    {"billing_profile.email", &BillingProfile::email},
    {"billing_profile.first_name", &BillingProfile::first_name},
    {"billing_profile.last_name", &BillingProfile::last_name},
    {"billing_profile.culture", &BillingProfile::culture},
    {"billing_profile.language", &BillingProfile::language},
    {"billing_profile.tax_id", &BillingProfile::tax_id},
    {"billing_profile.currency", &BillingProfile::currency},
    {"billing_profile.purchase_order", &BillingProfile::purchase_order},
};

struct AddressField {
  const char* path;
  std::string market::Address::*field;
};
constexpr AddressField kAddressFields[] = {
    {"billing_profile.default_address.address_line1", &market::Address::address_line1},
    {"billing_profile.default_address.address_line2", &market::Address::address_line2},
    {"billing_profile.default_address.city", &market::Address::city},
    {"billing_profile.default_address.state", &market::Address::state},
    {"billing_profile.default_address.postal_code", &market::Address::postal_code},
    {"billing_profile.default_address.country", &market::Address::country},
    {"billing_profile.default_address.first_name", &market::Address::first_name},
    {"billing_profile.default_address.middle_name", &market::Address::middle_name},
    {"billing_profile.default_address.last_name", &market::Address::last_name},
    {"billing_profile.default_address.phone_number", &market::Address::phone_number},
};

// What the rules of a country are about.
std::vector<std::string> ChangedProfileFields(const Customer& before, const Customer& after) {
  std::vector<std::string> changed;
  if (before.company_name != after.company_name) changed.push_back("company_name");
  if (before.organization_registration_number != after.organization_registration_number) {
    changed.push_back("organization_registration_number");
  }
  static const BillingProfile* const kNone = new BillingProfile();
  const BillingProfile& was = before.billing_profile.has_value() ? *before.billing_profile : *kNone;
  const BillingProfile& is = after.billing_profile.has_value() ? *after.billing_profile : *kNone;
  for (const BillingField& entry : kBillingFields) {
    if (was.*entry.field != is.*entry.field) changed.push_back(entry.path);
  }
  for (const AddressField& entry : kAddressFields) {
    if (was.default_address.*entry.field != is.default_address.*entry.field) changed.push_back(entry.path);
  }
  if (!(before.contacts == after.contacts)) changed.push_back("contacts");
  return changed;
}

absl::Status CheckRegion(const Customer& current, const Customer& wanted, const Policy& policy) {
  const std::string country = CountryOf(wanted);
  if (country == CountryOf(current) || current.region.empty()) return absl::OkStatus();
  const market::Market* market = policy.markets.Find(country);
  if (market == nullptr || market->csp_region == current.region) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "REGION_MISMATCH",
      absl::StrCat(country, " lies in the region ", market->csp_region, ", the relationship in ", current.region),
      {{"country", country},
       {"customer_region", market->csp_region},
       {"partner_region", current.region},
       {"pc_code", "2201"}});
}

void Follow(const RelationshipSummary& relationship, Customer& customer) {
  if (IsOlder(customer.relationship, relationship)) customer.relationship = relationship;
  customer.link_generation = relationship.generation;
  customer.link_revision = relationship.revision;
}

bool IsNews(const Customer& current, const RelationshipSummary& relationship) {
  return IsOlder({0, 0, current.link_generation, current.link_revision}, relationship);
}

}  // namespace

std::vector<std::string> ChangedFields(const Customer& before, const Customer& after) {
  std::vector<std::string> changed = ChangedProfileFields(before, after);
  if (before.external_id != after.external_id) changed.push_back("external_id");
  if (before.labels != after.labels) changed.push_back("labels");
  if (before.profile_complete != after.profile_complete) changed.push_back("profile_complete");
  return changed;
}

absl::StatusOr<Revision<Customer>> Revise(const Customer& current, Customer wanted, const Policy& policy,
                                          absl::Time now) {
  if (current.state == AccountState::kEnded) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "CUSTOMER_ENDED",
                     "the customer's relationship has ended; a new one makes it changeable again",
                     {{"resource", CustomerName(current.name)}});
  }
  if (!ChangedProfileFields(current, wanted).empty()) {
    std::vector<FieldViolation> violations;
    CheckProfile(policy, BillingRule::kDemanded, "customer.", wanted, &violations);
    if (!violations.empty()) return InvalidFields(violations);
    if (absl::Status status = CheckRegion(current, wanted, policy); !status.ok()) return status;
  }
  Revision<Customer> revision{std::move(wanted), "customer.updated", {}};
  revision.changed_fields = ChangedFields(current, revision.after);
  if (revision.changed_fields.empty()) {
    revision.after = current;
    return revision;
  }
  revision.after.revision = current.revision + 1;
  revision.after.update_time = now;
  return revision;
}

Revision<Customer> Activate(const Customer& current, const Relationship& relationship, absl::Time now) {
  Revision<Customer> revision{current, "", {}};
  if (current.state == AccountState::kActive || !IsNews(current, relationship.summary)) return revision;
  Customer& after = revision.after;
  if (current.state == AccountState::kEnded) {
    revision.type = "customer.reactivated";
    revision.changed_fields = {"state", "end_time", "relationship"};
  } else {
    revision.type = current.origin == AccountOrigin::kImport ? "customer.imported" : "customer.created";
    revision.changed_fields = ChangedFields(Customer(), current);
    revision.changed_fields.push_back("state");
  }
  Follow(relationship.summary, after);
  after.state = AccountState::kActive;
  after.region = relationship.region;
  after.end_time = std::nullopt;
  after.revision = current.revision + 1;
  after.update_time = now;
  return revision;
}

Revision<Customer> End(const Customer& current, const RelationshipSummary& relationship, absl::Time end_time,
                       absl::Time now) {
  Revision<Customer> revision{current, "customer.ended", {}};
  if (current.state != AccountState::kActive || !IsNews(current, relationship)) return revision;
  Follow(relationship, revision.after);
  revision.after.state = AccountState::kEnded;
  revision.after.end_time = end_time;
  revision.after.revision = current.revision + 1;
  revision.after.update_time = now;
  revision.changed_fields = {"state", "end_time", "relationship"};
  return revision;
}

Revision<Customer> EndBeforeItStood(const Customer& fresh, const RelationshipSummary& relationship, absl::Time end_time,
                                    absl::Time now) {
  Revision<Customer> revision{fresh, "", {}};
  Follow(relationship, revision.after);
  revision.after.state = AccountState::kEnded;
  revision.after.end_time = end_time;
  revision.after.revision = 1;
  revision.after.update_time = now;
  return revision;
}

bool NeverStood(const Customer& account) {
  return account.state == AccountState::kEnded && account.company_name.empty();
}

Revision<Customer> Begin(const Customer& fresh, const Customer& known, const Relationship& relationship,
                         absl::Time now) {
  Customer first = fresh;
  first.revision = known.revision;
  if (!NeverStood(known) || IsNews(known, relationship.summary)) return Activate(first, relationship, now);
  Revision<Customer> ended = EndBeforeItStood(
      first, {known.relationship.kind, known.relationship.state, known.link_generation, known.link_revision},
      known.end_time.value_or(now), now);
  ended.after.revision = known.revision + 1;
  return ended;
}

}  // namespace clientele::customer
