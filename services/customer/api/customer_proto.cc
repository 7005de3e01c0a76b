#include "services/customer/api/customer_proto.h"

#include "common/core/revision.h"

namespace clientele::customer {
namespace {

void Put(market::Address&& address, type::v1::Address& proto) {
  proto.set_address_line1(std::move(address.address_line1));
  proto.set_address_line2(std::move(address.address_line2));
  proto.set_city(std::move(address.city));
  proto.set_state(std::move(address.state));
  proto.set_postal_code(std::move(address.postal_code));
  proto.set_country(std::move(address.country));
  proto.set_first_name(std::move(address.first_name));
  proto.set_middle_name(std::move(address.middle_name));
  proto.set_last_name(std::move(address.last_name));
  proto.set_phone_number(std::move(address.phone_number));
}

market::Address FromProto(const type::v1::Address& proto) {
  return {proto.address_line1(), proto.address_line2(), proto.city(),        proto.state(),     proto.postal_code(),
          proto.country(),       proto.first_name(),    proto.middle_name(), proto.last_name(), proto.phone_number()};
}

void Put(BillingProfile&& billing, v1::BillingProfile& proto) {
  proto.set_company_name(std::move(billing.company_name));
  proto.set_email(std::move(billing.email));
  proto.set_first_name(std::move(billing.first_name));
  proto.set_last_name(std::move(billing.last_name));
  proto.set_culture(std::move(billing.culture));
  proto.set_language(std::move(billing.language));
  Put(std::move(billing.default_address), *proto.mutable_default_address());
  proto.set_tax_id(std::move(billing.tax_id));
  proto.set_currency(std::move(billing.currency));
  proto.set_purchase_order(std::move(billing.purchase_order));
}

BillingProfile FromProto(const v1::BillingProfile& proto) {
  BillingProfile billing;
  billing.company_name = proto.company_name();
  billing.email = proto.email();
  billing.first_name = proto.first_name();
  billing.last_name = proto.last_name();
  billing.culture = proto.culture();
  billing.language = proto.language();
  billing.default_address = FromProto(proto.default_address());
  billing.tax_id = proto.tax_id();
  billing.currency = proto.currency();
  billing.purchase_order = proto.purchase_order();
  return billing;
}

Contact FromProto(const type::v1::Contact& proto) {
  return {proto.first_name(), proto.last_name(), proto.email(), proto.phone_number()};
}

void PutDetails(Customer& customer, v1::Customer& proto) {
  if (customer.billing_profile.has_value()) Put(std::move(*customer.billing_profile), *proto.mutable_billing_profile());
  for (Contact& contact : customer.contacts) {
    type::v1::Contact& one = *proto.add_contacts();
    one.set_first_name(std::move(contact.first_name));
    one.set_last_name(std::move(contact.last_name));
    one.set_email(std::move(contact.email));
    one.set_phone_number(std::move(contact.phone_number));
  }
  proto.mutable_labels()->insert(customer.labels.begin(), customer.labels.end());
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = micros >= 0 ? micros / 1'000'000 : (micros - 999'999) / 1'000'000;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  // Whole microseconds: what the database keeps.
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1000);
}

void Put(Customer&& customer, View view, v1::Customer& proto) {
  if (!customer.name.customer.empty()) proto.set_name(CustomerName(customer.name));
  proto.set_state(static_cast<v1::CustomerState>(customer.state));
  proto.set_profile_complete(customer.profile_complete);
  proto.set_company_name(std::move(customer.company_name));
  proto.set_primary_domain(std::move(customer.primary_domain));
  for (std::string& domain : customer.custom_domains) proto.add_custom_domains(std::move(domain));
  for (DirectoryTenant& tenant : customer.directory_tenants) {
    type::v1::DirectoryTenant& one = *proto.add_directory_tenants();
    one.set_issuer(std::move(tenant.issuer));
    one.set_tenant_id(std::move(tenant.tenant_id));
  }
  proto.set_organization_registration_number(std::move(customer.organization_registration_number));
  if (view == View::kFull) PutDetails(customer, proto);
  if (customer.relationship.generation > 0) {
    v1::RelationshipSummary& summary = *proto.mutable_relationship();
    summary.set_name(RelationshipName(customer.name));
    summary.set_kind(static_cast<relationship::v1::RelationshipKind>(customer.relationship.kind));
    summary.set_state(static_cast<relationship::v1::RelationshipState>(customer.relationship.state));
    summary.set_generation(customer.relationship.generation);
  }
  proto.set_origin(static_cast<v1::CustomerOrigin>(customer.origin));
  proto.set_external_id(std::move(customer.external_id));
  if (customer.revision > 0) {
    proto.set_revision(customer.revision);
    proto.set_etag(EtagOf(customer.revision));
    *proto.mutable_create_time() = ToTimestamp(customer.create_time);
    *proto.mutable_update_time() = ToTimestamp(customer.update_time);
  }
  if (customer.end_time.has_value()) *proto.mutable_end_time() = ToTimestamp(*customer.end_time);
}

v1::Customer ToProto(Customer customer, View view) {
  v1::Customer proto;
  Put(std::move(customer), view, proto);
  return proto;
}

v1::ImportSource ToProto(const ImportSource& source) {
  v1::ImportSource proto;
  proto.set_name(ImportSourceName(source.id));
  proto.set_portal(source.portal);
  proto.set_principal(source.principal);
  for (const std::string& partner : source.partners) proto.add_partners(PartnerName(partner));
  proto.set_tenant_issuer(source.tenant_issuer);
  proto.set_revision(source.revision);
  proto.set_etag(EtagOf(source.revision));
  *proto.mutable_create_time() = ToTimestamp(source.create_time);
  return proto;
}

Customer FromProto(const v1::Customer& proto) {
  Customer customer;
  customer.company_name = proto.company_name();
  customer.primary_domain = proto.primary_domain();
  for (const type::v1::DirectoryTenant& tenant : proto.directory_tenants()) {
    customer.directory_tenants.push_back({tenant.issuer(), tenant.tenant_id()});
  }
  customer.organization_registration_number = proto.organization_registration_number();
  if (proto.has_billing_profile()) customer.billing_profile = FromProto(proto.billing_profile());
  for (const type::v1::Contact& contact : proto.contacts()) customer.contacts.push_back(FromProto(contact));
  customer.external_id = proto.external_id();
  customer.labels.insert(proto.labels().begin(), proto.labels().end());
  return customer;
}

Agreement FromProto(const type::v1::Agreement& proto) {
  return {proto.template_id(), FromProto(proto.primary_contact()), proto.date_agreed()};
}

Relationship FromProto(const relationship::v1::CustomerRelationship& proto) {
  return {{static_cast<int>(proto.kind()), static_cast<int>(proto.state()), proto.generation(), proto.revision()},
          proto.region()};
}

}  // namespace clientele::customer
