#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/util/message_differencer.h>

#include "common/auth/keys.h"
#include "common/core/error.h"
#include "common/rpc/rules.h"
#include "services/customer/api/accounts.h"
#include "services/customer/api/import_sources.h"
#include "services/customer/api/read_customers.h"
#include "services/customer/api/update_customer.h"
#include "services/customer/storage/customer_fixture_test.h"
#include "services/customer/storage/partner_facts.h"

namespace clientele::customer {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// What handlers make of requests, over a real database.
class HandlersTest : public CustomerTest {
 protected:
  template <class Request, class Response>
  absl::StatusOr<Response> Serve(const rpc::Handler<Request, Response>& handler, const Request& request,
                                 const std::string& request_id = "") {
    rpc::Call call;
    call.context = CallOf(request_id);
    if (handler.fill == nullptr) return handler.work(*session_, call, request);
    Response response;
    const absl::Status filled = handler.fill(*session_, call, request, response);
    if (!filled.ok()) return filled;
    return response;
  }

  absl::StatusOr<v1::Customer> Update(const v1::Customer& customer, const std::vector<std::string>& paths) {
    v1::UpdateCustomerRequest request;
    *request.mutable_customer() = customer;
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    return Serve(rpc::OnWorker(&UpdateCustomer, customers_, TestPolicy()), request);
  }

  absl::StatusOr<v1::ResolveOrganizationResponse> ResolveKeys(const std::string& tenant,
                                                              const std::vector<std::string>& domains, bool reserve) {
    v1::ResolveOrganizationRequest request;
    if (!tenant.empty()) request.mutable_directory_tenant()->set_tenant_id(tenant);
    for (const std::string& domain : domains) request.add_domains(domain);
    request.set_reserve(reserve);
    request.set_partner(PartnerName(kPartner));
    return Serve(rpc::OnWorker(&customer::ResolveOrganization, TestPolicy()), request);
  }

  v1::UpsertCustomerAccountRequest UpsertOf(const std::string& customer) {
    v1::UpsertCustomerAccountRequest request;
    auto& relationship = *request.mutable_customer_relationship();
    relationship.set_name(RelationshipName({kPartner, customer}));
    relationship.set_state(relationship::v1::RELATIONSHIP_STATE_ACTIVE);
    relationship.set_generation(1);
    relationship.set_revision(1);
    relationship.set_region("united-states");
    request.set_company_name("Fabrikam");
    request.set_country("us");
    return request;
  }

  std::vector<std::string> Fields(const absl::Status& status) {
    std::vector<std::string> fields;
    for (const FieldViolation& violation : FieldViolationsOf(status)) fields.push_back(violation.field);
    return fields;
  }
};

TEST_F(HandlersTest, UpdateChangesWhatTheMaskNamesAndNothingElse) {
  const v1::Customer made = ToProto(CreateActive("mask.example"));
  v1::Customer wanted = made;
  wanted.mutable_billing_profile()->set_email("new@mask.example");
  wanted.mutable_billing_profile()->set_purchase_order("PO 1");
  wanted.set_company_name("Not named");
  const auto updated = Update(wanted, {"billing_profile.email"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->billing_profile().email(), "new@mask.example");
  EXPECT_EQ(updated->billing_profile().purchase_order(), "");
  EXPECT_EQ(updated->company_name(), made.company_name());
  EXPECT_EQ(updated->etag(), "r2");
}

TEST_F(HandlersTest, UpdateClearsWhatIsNamedAndUnset) {
  Customer customer = NewCustomer("clear.example");
  customer.labels = {{"tier", "gold"}};
  customer.contacts = {{"Ann", "Lee", "ann@clear.example", ""}};
  customer.external_id = "crm-1";
  v1::Customer wanted = ToProto(CreateActive(customer));
  wanted.clear_labels();
  wanted.clear_contacts();
  wanted.clear_external_id();
  const auto updated = Update(wanted, {"labels", "contacts", "external_id"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->labels_size(), 0);
  EXPECT_EQ(updated->contacts_size(), 0);
  EXPECT_EQ(updated->external_id(), "");
  EXPECT_EQ(Count("customer WHERE labels IS NULL AND contacts IS NULL AND external_id IS NULL"), 1);
}

TEST_F(HandlersTest, UpdateWithoutAMaskTakesWhatIsSet) {
  v1::Customer wanted;
  wanted.set_name(ToProto(CreateActive("set.example")).name());
  wanted.set_external_id("crm-2");
  const auto updated = Update(wanted, {});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->external_id(), "crm-2");
  EXPECT_TRUE(updated->has_billing_profile());
}

TEST_F(HandlersTest, UpdateRefusesWhatIsNotTheCallersToWrite) {
  v1::Customer wanted = ToProto(CreateActive("write.example"));
  for (const char* path : {"primary_domain", "state", "nonsense", "directory_tenants"}) {
    EXPECT_EQ(Fields(Update(wanted, {path}).status()), std::vector<std::string>{"update_mask"}) << path;
  }
  wanted.set_etag("r7");
  EXPECT_EQ(ReasonOf(Update(wanted, {"company_name"}).status()), "ETAG_MISMATCH");
  wanted.set_etag("");
  wanted.mutable_billing_profile()->clear_email();
  wanted.mutable_billing_profile()->mutable_default_address()->set_postal_code("1");
  EXPECT_THAT(
      Fields(Update(wanted, {"*"}).status()),
      UnorderedElementsAre("customer.billing_profile.email", "customer.billing_profile.default_address.postal_code"));
}

TEST_F(HandlersTest, ListsByPageWithTokensOfTheRequest) {
  for (int i = 0; i < 5; ++i) CreateActive(absl::StrCat("l", i, ".example"));
  const rpc::PageTokens tokens(*auth::SigningKeys::Create({{"k1", std::string(32, 'k')}}), "global");
  const auto handler = rpc::OnWorker(&customer::ListCustomers, tokens);
  v1::ListCustomersRequest request;
  request.set_parent(PartnerName(kPartner));
  request.set_page_size(2);
  request.set_order_by("company_name desc");
  request.set_filter("state = ACTIVE AND company_name = \"Company*\"");
  std::vector<std::string> domains;
  do {
    const auto page = Serve(handler, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Customer& customer : page->customers()) {
      EXPECT_FALSE(customer.has_billing_profile());
      domains.push_back(customer.primary_domain());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(domains, ElementsAre("l4.example", "l3.example", "l2.example", "l1.example", "l0.example"));

  request.clear_page_token();
  const auto page = Serve(handler, request);
  request.set_page_token(page->next_page_token());
  request.set_filter("");
  EXPECT_EQ(ReasonOf(Serve(handler, request).status()), "INVALID_PAGE_TOKEN");
  request.clear_page_token();
  request.set_filter("nobody = 1");
  EXPECT_EQ(ReasonOf(Serve(handler, request).status()), "INVALID_FILTER");
  request.set_filter("");
  request.set_order_by("state");
  EXPECT_EQ(ReasonOf(Serve(handler, request).status()), "INVALID_FIELD");
}

TEST_F(HandlersTest, ABasicListShowsAllButTheDetails) {
  Customer wanted = NewCustomer("basic.example");
  wanted.directory_tenants = {{"https://login.example", "6f1d5b1e-0000-4000-8000-000000000001"}};
  wanted.external_id = "crm-1";
  wanted.labels = {{"tier", "gold"}};
  wanted.contacts = {{"Ann", "Lee", "ann@basic.example", ""}};
  CreateActive(wanted);
  ASSERT_TRUE(session_->Execute("UPDATE organization SET custom_domains = '{shop.example}'").ok());
  const v1::Customer full = ToProto(*Find(wanted.name));
  ASSERT_TRUE(full.has_billing_profile() && full.has_relationship() && full.contacts_size() == 1 &&
              full.labels_size() == 1 && full.custom_domains_size() == 1 && full.directory_tenants_size() == 1);
  v1::Customer basic = full;
  basic.clear_billing_profile();
  basic.clear_contacts();
  basic.clear_labels();

  const rpc::PageTokens tokens(*auth::SigningKeys::Create({{"k1", std::string(32, 'k')}}), "global");
  const auto handler = rpc::OnWorker(&customer::ListCustomers, tokens);
  v1::ListCustomersRequest request;
  request.set_parent(PartnerName(kPartner));
  request.set_page_size(2);
  for (const auto& [view, shown] :
       {std::pair(v1::CUSTOMER_VIEW_UNSPECIFIED, basic), std::pair(v1::CUSTOMER_VIEW_BASIC, basic),
        std::pair(v1::CUSTOMER_VIEW_FULL, full)}) {
    request.set_view(view);
    const auto page = Serve(handler, request);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->customers_size(), 1);
    EXPECT_TRUE(MessageDifferencer::Equals(page->customers(0), shown)) << page->customers(0).DebugString();
  }
}

TEST_F(HandlersTest, ADomainIsFreeYoursOrSomebodyElses) {
  const Customer mine = CreateActive("mine.example");
  CreateActive("theirs.example", kOtherPartner);
  const auto check = [&](const std::string& domain) {
    v1::CheckDomainAvailabilityRequest request;
    request.set_parent(PartnerName(kPartner));
    request.set_domain(domain);
    return Serve(rpc::OnWorker(&CheckDomainAvailability, TestPolicy()), request);
  };
  EXPECT_EQ(check("Free.Example")->availability(), v1::DOMAIN_AVAILABILITY_FREE);
  EXPECT_EQ(check("Free.Example")->domain(), "free.example");
  EXPECT_EQ(check("mine.example")->availability(), v1::DOMAIN_AVAILABILITY_TAKEN_BY_YOUR_CUSTOMER);
  EXPECT_EQ(check("mine.example")->customer(), CustomerName(mine.name));
  EXPECT_EQ(check("theirs.example")->availability(), v1::DOMAIN_AVAILABILITY_TAKEN_INVITE_INSTEAD);
  EXPECT_EQ(check("theirs.example")->customer(), "");
  EXPECT_THAT(Fields(check("gmail.com").status()), ElementsAre("domain"));
}

TEST_F(HandlersTest, AnOrganizationIsFoundByTenantOrDomain) {
  const std::string tenant = NewId();
  EXPECT_EQ(ReasonOf(ResolveKeys(tenant, {"org.example"}, false).status()), "ORGANIZATION_NOT_FOUND");
  const auto reserved = ResolveKeys(tenant, {"Org.Example", "gmail.com"}, true);
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_FALSE(reserved->account_active());
  EXPECT_EQ(reserved->directory_tenants(0).issuer(), kIssuer);
  EXPECT_EQ(ResolveKeys("", {"org.example"}, false)->customer(), reserved->customer());
  EXPECT_EQ(ResolveKeys(tenant, {}, false)->customer(), reserved->customer());
  EXPECT_EQ(Count("organization_domain"), 1) << "a free mail provider's domain is nobody's";
  const Customer other = CreateActive("second.example");
  EXPECT_TRUE(ResolveKeys("", {"second.example"}, false)->account_active());
  EXPECT_EQ(ReasonOf(ResolveKeys(tenant, {"second.example"}, true).status()), "ORGANIZATION_AMBIGUOUS");
  EXPECT_THAT(Fields(ResolveKeys("", {"third.example"}, true).status()), ElementsAre("directory_tenant"));
  EXPECT_THAT(Fields(ResolveKeys("", {}, false).status()), ElementsAre("directory_tenant"));
}

TEST_F(HandlersTest, AnAcceptedInvitationMakesAnAccountThatIsNotCompleteYet) {
  const std::string organization = ResolveKeys(NewId(), {"accepted.example"}, true)->customer();
  v1::UpsertCustomerAccountRequest request = UpsertOf(organization);
  request.mutable_agreement()->set_template_id("customer-agreement/2026-01");
  request.mutable_agreement()->set_date_agreed("2025-12-31");
  const auto handler = rpc::OnWorker(&UpsertCustomerAccount, customers_, TestPolicy());
  const auto made = Serve(handler, request, NewId());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->state(), v1::CUSTOMER_STATE_ACTIVE);
  EXPECT_EQ(made->origin(), v1::CUSTOMER_ORIGIN_INVITATION);
  EXPECT_EQ(made->primary_domain(), "accepted.example");
  EXPECT_EQ(made->billing_profile().default_address().country(), "US");
  EXPECT_FALSE(made->profile_complete());
  EXPECT_EQ(Count("agreement"), 1);

  v1::EndCustomerAccountRequest end;
  *end.mutable_customer_relationship() = request.customer_relationship();
  end.mutable_customer_relationship()->set_revision(2);
  *end.mutable_end_time() = ToTimestamp(clock_.Now());
  const auto ended = Serve(rpc::OnWorker(&EndCustomerAccount, customers_), end, NewId());
  EXPECT_EQ(ended->state(), v1::CUSTOMER_STATE_ENDED);
  EXPECT_TRUE(ended->has_end_time());

  request.mutable_agreement()->set_date_agreed("2027-01-01");
  EXPECT_THAT(Fields(Serve(handler, request, NewId()).status()), ElementsAre("agreement.date_agreed"));
  request.mutable_agreement()->set_date_agreed("2025-12-31");
  request.set_country("UK");
  EXPECT_THAT(Fields(Serve(handler, request, NewId()).status()), ElementsAre("country"));
  request.mutable_customer_relationship()->set_name("partners/x");
  EXPECT_THAT(Fields(Serve(handler, request, NewId()).status()), ElementsAre("customer_relationship.name"));
}

TEST_F(HandlersTest, AnImportSourceIsRegisteredOnce) {
  ASSERT_TRUE(KeepPartnerFact(*session_, {kPartner, "US", "united-states", {1}, 2, {}, 1}).ok());
  const ImportSourceStore sources([](const ImportSource& source) { return rpc::PackForEvent(ToProto(source)); });
  v1::CreateImportSourceRequest request;
  request.set_import_source_id("office-365");
  request.mutable_import_source()->set_portal("Office 365");
  request.mutable_import_source()->set_principal("app:office365-portal");
  request.mutable_import_source()->add_partners(PartnerName(kPartner));
  const auto created = Serve(rpc::OnWorker(&CreateImportSource, sources), request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), "importSources/office-365");
  v1::GetImportSourceRequest get;
  get.set_name("importSources/office-365");
  EXPECT_EQ(Serve(rpc::OnWorker(&GetImportSource, sources), get)->partners(0), PartnerName(kPartner));
  get.set_name("importSources/nobody");
  EXPECT_EQ(ReasonOf(Serve(rpc::OnWorker(&GetImportSource, sources), get).status()), "IMPORT_SOURCE_NOT_FOUND");
}

TEST_F(HandlersTest, WhatAnEventTellsHasNoPersonalValue) {
  Customer customer = Contoso();
  customer.contacts = {{"Ann", "Lee", "ann@contoso.com", "+14255550101"}};
  google::protobuf::Any packed;
  ASSERT_TRUE(packed.ParseFromString(rpc::PackForEvent(ToProto(customer))));
  v1::Customer told;
  ASSERT_TRUE(packed.UnpackTo(&told));
  EXPECT_EQ(told.company_name(), "Contoso Ltd.");
  EXPECT_EQ(told.billing_profile().default_address().country(), "US");
  for (const char* value : {"ap@contoso.com", "ann@contoso.com", "+14255550101", "1 Microsoft Way", "98052"}) {
    EXPECT_EQ(packed.value().find(value), std::string::npos) << value;
  }
}

}  // namespace
}  // namespace clientele::customer
