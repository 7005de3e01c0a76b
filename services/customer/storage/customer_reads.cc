#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/market/domain_name.h"
#include "common/market/name_key.h"
#include "services/customer/storage/account_columns.h"
#include "services/customer/storage/customer_store.h"

namespace clientele::customer {
namespace {

const pg::Statement kFetch{
    "customer_fetch",
    absl::StrCat("SELECT given.place, ", FullColumns(), " FROM ", pg::GivenRows({{"partner", "uuid"}, {"id", "uuid"}}),
                 " AS given JOIN customer c ON c.id = given.id AND c.partner = given.partner "
                 "AND c.state > 0 JOIN organization o ON o.id = c.id")};

// A full domain in the form it is stored in; the beginning of one is only brought to lower case.
std::string NormaliseDomain(const std::string& text) {
  std::vector<FieldViolation> ignored;
  const std::optional<std::string> domain = market::CheckDomainName("", text, &ignored);
  return domain.has_value() ? *domain : absl::AsciiStrToLower(text);
}

}  // namespace

const pg::Listing& CustomerListing() {
  using pg::FieldType;
  static const auto* const listing = new pg::Listing{
      {{"company_name", {"c.name_key", FieldType::kText, true, {}, market::NameKey}},
       {"primary_domain", {"o.primary_domain", FieldType::kText, true, {}, NormaliseDomain}},
       {"external_id", {"c.external_id", FieldType::kText}},
       {"origin",
        {"c.origin", FieldType::kEnum, false,
         pg::Words("CUSTOMER_ORIGIN_", {{"CREATE", 1}, {"IMPORT", 2}, {"INVITATION", 3}})}},
       {"profile_complete", {"c.profile_complete", FieldType::kBool}},
       {"state", {"c.state", FieldType::kEnum, false, pg::Words("CUSTOMER_STATE_", {{"ACTIVE", 1}, {"ENDED", 2}})}},
       {"create_time", {"c.create_time", FieldType::kTime}}},
      {{"company_name", {{"c.name_key", FieldType::kText}, {"c.id", FieldType::kUuid}}},
       {"create_time", {{"c.create_time", FieldType::kTime}, {"c.id", FieldType::kUuid}}}},
      "create_time"};
  return *listing;
}

absl::StatusOr<std::vector<std::optional<Customer>>> CustomerStore::Fetch(pg::Session& session,
                                                                          const std::vector<AccountName>& names) {
  std::vector<std::string> partners, ids;
  for (const AccountName& name : names) {
    partners.push_back(name.partner);
    ids.push_back(name.customer);
  }
  return pg::FetchByPlace(session, kFetch, pg::Params().TextArray(partners).TextArray(ids), names.size(), ReadFull);
}

absl::StatusOr<pg::Page<Customer>> CustomerStore::List(pg::Session& session, const Selection& selection,
                                                       const pg::PageRequest& page) {
  const pg::ListQuery query = {
      selection.full ? FullColumns() : BasicColumns(), kAccountTables,
      selection.show_ended ? "c.partner = $1::uuid AND c.state > 0" : "c.partner = $1::uuid AND c.state = 1",
      pg::Params().Text(selection.partner)};
  return pg::ReadPage(session, query, page, selection.full ? ReadFull : ReadBasic);
}

}  // namespace clientele::customer
