#include "services/customer/storage/account_columns.h"

#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/market/name_key.h"

namespace clientele::customer {
namespace {

struct Column {
  const char* name;
  const char* type;
};
constexpr Column kProfile[] = {
    {"company_name", "text"},
    {"name_key", "text"},
    {"profile_complete", "boolean"},
    {"registration_number", "text"},
    {"external_id", "text"},
    {"labels", "jsonb"},
    {"contacts", "jsonb"},
    {"billing_company_name", "text"},
    {"billing_email", "text"},
    {"billing_first_name", "text"},
    {"billing_last_name", "text"},
    {"culture", "text"},
    {"language", "text"},
    {"tax_id", "text"},
    {"currency", "text"},
    {"purchase_order", "text"},
    {"address_line1", "text"},
    {"address_line2", "text"},
    {"city", "text"},
    {"subdivision", "text"},
    {"postal_code", "text"},
    {"country", "text"},
    {"address_first_name", "text"},
    {"address_middle_name", "text"},
    {"address_last_name", "text"},
    {"phone_number", "text"},
};

constexpr std::string BillingProfile::*kBilling[] = {
    &BillingProfile::company_name, &BillingProfile::email,    &BillingProfile::first_name,
    &BillingProfile::last_name,    &BillingProfile::culture,  &BillingProfile::language,
    &BillingProfile::tax_id,       &BillingProfile::currency, &BillingProfile::purchase_order,
};
constexpr std::string market::Address::*kAddress[] = {
    &market::Address::address_line1, &market::Address::address_line2, &market::Address::city,
    &market::Address::state,         &market::Address::postal_code,   &market::Address::country,
    &market::Address::first_name,    &market::Address::middle_name,   &market::Address::last_name,
    &market::Address::phone_number,
};

std::string ContactsText(const std::vector<Contact>& contacts) {
  if (contacts.empty()) return "";
  nlohmann::json list = nlohmann::json::array();
  for (const Contact& contact : contacts) {
    list.push_back({contact.first_name, contact.last_name, contact.email, contact.phone_number});
  }
  return list.dump();
}

std::vector<Contact> ParseContacts(const std::string& text) {
  std::vector<Contact> contacts;
  if (text.empty()) return contacts;
  for (const auto& entry : nlohmann::json::parse(text)) contacts.push_back({entry[0], entry[1], entry[2], entry[3]});
  return contacts;
}

std::string LabelsText(const std::map<std::string, std::string>& labels) {
  return labels.empty() ? "" : nlohmann::json(labels).dump();
}

std::vector<DirectoryTenant> ReadTenants(pg::RowReader& row) {
  std::vector<std::string> issuers = row.TextArray();
  std::vector<std::string> ids = row.TextArray();
  std::vector<DirectoryTenant> tenants;
  for (size_t i = 0; i < ids.size() && i < issuers.size(); ++i) {
    tenants.push_back({std::move(issuers[i]), std::move(ids[i])});
  }
  return tenants;
}

}  // namespace

std::string BasicColumns() {
  return "c.partner, c.id, c.state, c.origin, c.profile_complete, c.company_name, o.primary_domain, o.custom_domains, "
         "o.tenant_issuers, o.tenant_ids, c.registration_number, c.external_id, c.relationship_kind, "
         "c.relationship_state, c.relationship_generation, c.revision, c.create_time, c.update_time, c.end_time";
}

std::string FullColumns() {
  std::string columns = BasicColumns() +
                        ", c.region, c.relationship_revision, c.link_generation, c.link_revision, c.saga, c.labels, "
                        "c.contacts";
  bool billing = false;
  for (const Column& column : kProfile) {
    billing = billing || std::string(column.name) == "billing_company_name";
    if (billing) absl::StrAppend(&columns, ", c.", column.name);
  }
  return columns;
}

Customer ReadBasic(pg::RowReader& row) {
  Customer customer;
  customer.name.partner = row.Text();
  customer.name.customer = row.Text();
  customer.state = static_cast<AccountState>(row.Int());
  customer.origin = static_cast<AccountOrigin>(row.Int());
  customer.profile_complete = row.Bool();
  customer.company_name = row.Text();
  customer.primary_domain = row.Text();
  customer.custom_domains = row.TextArray();
  customer.directory_tenants = ReadTenants(row);
  customer.organization_registration_number = row.Text();
  customer.external_id = row.Text();
  customer.relationship.kind = static_cast<int>(row.Int());
  customer.relationship.state = static_cast<int>(row.Int());
  customer.relationship.generation = row.Int();
  customer.revision = row.Int();
  customer.create_time = row.Time();
  customer.update_time = row.Time();
  customer.end_time = row.OptionalTime();
  return customer;
}

Customer ReadFull(pg::RowReader& row) {
  Customer customer = ReadBasic(row);
  customer.region = row.Text();
  customer.relationship.revision = row.Int();
  customer.link_generation = row.Int();
  customer.link_revision = row.Int();
  customer.saga = row.Text();
  if (const std::string labels = row.Text(); !labels.empty()) {
    customer.labels = nlohmann::json::parse(labels).get<std::map<std::string, std::string>>();
  }
  customer.contacts = ParseContacts(row.Text());
  BillingProfile billing;
  bool present = false;
  for (const auto field : kBilling) {
    present = present || !row.IsNull();
    billing.*field = row.Text();
  }
  for (const auto field : kAddress) {
    present = present || !row.IsNull();
    billing.default_address.*field = row.Text();
  }
  if (present) customer.billing_profile = std::move(billing);
  return customer;
}

std::string ProfileColumns(const std::string& prefix) {
  std::string columns;
  for (const Column& column : kProfile) {
    absl::StrAppend(&columns, columns.empty() ? "" : ", ", prefix, column.name);
  }
  return columns;
}

std::vector<pg::GivenColumn> WithProfile(std::vector<pg::GivenColumn> columns) {
  for (const Column& column : kProfile) columns.push_back({column.name, column.type});
  return columns;
}

std::vector<pg::GivenColumn> WithProfiles(std::vector<pg::GivenColumn> columns) {
  columns.push_back({"profile_id", "uuid[]"});
  for (const Column& column : kProfile) columns.push_back({column.name, absl::StrCat(column.type, "[]")});
  return columns;
}

std::string ProfileRows(const std::string& given) {
  return absl::StrCat("unnest(", given, ".profile_id, ", ProfileColumns(given + "."), ") AS k(id, ", ProfileColumns(""),
                      ")");
}

void BindProfile(const Customer& customer, pg::Params& params) {
  static const BillingProfile* const kNone = new BillingProfile();
  const BillingProfile& billing = customer.billing_profile.has_value() ? *customer.billing_profile : *kNone;
  params.Text(customer.company_name).Text(market::NameKey(customer.company_name)).Bool(customer.profile_complete);
  params.TextOrNull(customer.organization_registration_number).TextOrNull(customer.external_id);
  params.TextOrNull(LabelsText(customer.labels)).TextOrNull(ContactsText(customer.contacts));
  for (const auto field : kBilling) params.TextOrNull(billing.*field);
  for (const auto field : kAddress) params.TextOrNull(billing.default_address.*field);
}

void BindProfiles(const std::vector<const Customer*>& customers, pg::Params& params) {
  std::vector<pg::Params> rows;
  rows.reserve(customers.size());
  for (const Customer* customer : customers) BindProfile(*customer, rows.emplace_back().Text(customer->name.customer));
  params.Columns(rows, 1 + static_cast<int>(std::size(kProfile)));
}

std::string NewerRelationship(const std::string& kind, const std::string& state, const std::string& generation,
                              const std::string& revision) {
  const std::string newer = absl::StrCat("CASE WHEN (c.relationship_generation, c.relationship_revision) < (",
                                         generation, ", ", revision, ") THEN ");
  return absl::StrCat("relationship_kind = ", newer, kind,
                      " ELSE c.relationship_kind END, relationship_state = ", newer, state,
                      " ELSE c.relationship_state END, relationship_generation = ", newer, generation,
                      " ELSE c.relationship_generation END, relationship_revision = ", newer, revision,
                      " ELSE c.relationship_revision END");
}

}  // namespace clientele::customer
