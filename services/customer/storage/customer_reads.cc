#include "services/customer/storage/customer_reads.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/market/domain_name.h"
#include "common/market/name_key.h"
#include "services/customer/storage/account_columns.h"

namespace clientele::customer {
namespace {

constexpr char kNameKey[] = "c.name_key";

const pg::Statement kPoints{"customer_points",
                            absl::StrCat("SELECT k.n, ", FullColumns(),
                                         " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k(partner, id, n) "
                                         "JOIN customer c ON c.id = k.id AND c.partner = k.partner AND c.state > 0 "
                                         "JOIN organization o ON o.id = c.id")};

absl::StatusOr<std::vector<std::optional<Customer>>> Fetch(pg::Session& session,
                                                           const std::vector<AccountName>& names) {
  std::vector<std::string> partners, ids;
  for (const AccountName& name : names) {
    partners.push_back(name.partner);
    ids.push_back(name.customer);
  }
  const absl::StatusOr<pg::Rows> rows = session.Read(kPoints, pg::Params().TextArray(partners).TextArray(ids));
  if (!rows.ok()) return rows.status();
  std::vector<std::optional<Customer>> customers(names.size());
  for (int i = 0; i < rows->size(); ++i) {
    pg::RowReader row(*rows, i);
    const int64_t place = row.Int();
    customers[place - 1] = ReadFull(row);
  }
  return customers;
}

// A full domain in the form it is stored in; the beginning of one is only brought to lower case.
std::string NormaliseDomain(const std::string& text) {
  std::vector<FieldViolation> ignored;
  const std::optional<std::string> domain = market::CheckDomainName("", text, &ignored);
  return domain.has_value() ? *domain : absl::AsciiStrToLower(text);
}

// Microseconds, as stored: a finer or coarser text would skip or repeat rows.
std::string TimeText(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone()); }

}  // namespace

CustomerReads::CustomerReads(pg::Executor& executor) : reads_(executor, Fetch) {}

absl::Status CustomerReads::Get(AccountName name, pg::Job job, Done done) {
  return reads_.Read(std::move(name), std::move(job), std::move(done));
}

const pg::ListFields& CustomerListFields() {
  using pg::FieldType;
  static const auto* const kFields = new pg::ListFields{
      {"company_name", {kNameKey, FieldType::kText, true, {}, market::NameKey}},
      {"primary_domain", {"o.primary_domain", FieldType::kText, true, {}, NormaliseDomain}},
      {"external_id", {"c.external_id", FieldType::kText, false, {}, nullptr}},
      {"origin", {"c.origin", FieldType::kEnum, false, {{"CREATE", 1}, {"IMPORT", 2}, {"INVITATION", 3}}, nullptr}},
      {"profile_complete", {"c.profile_complete", FieldType::kBool, false, {}, nullptr}},
      {"state", {"c.state", FieldType::kEnum, false, {{"ACTIVE", 1}, {"ENDED", 2}}, nullptr}},
      {"create_time", {"c.create_time", FieldType::kTime, false, {}, nullptr}},
  };
  return *kFields;
}

const std::map<std::string, std::vector<pg::SortColumn>>& CustomerListOrders() {
  using pg::FieldType;
  static const auto* const kOrders = new std::map<std::string, std::vector<pg::SortColumn>>{
      {"company_name", {{kNameKey, FieldType::kText, false}, {"c.id", FieldType::kUuid, false}}},
      {"create_time", {{"c.create_time", FieldType::kTime, false}, {"c.id", FieldType::kUuid, false}}},
  };
  return *kOrders;
}

absl::StatusOr<CustomerPage> ListCustomers(pg::Session& session, const CustomerListQuery& query) {
  pg::ListQuery list;
  const bool by_name = query.order.front().column == kNameKey;
  list.select = absl::StrCat("SELECT ", by_name ? kNameKey : "''", ", ", query.full ? FullColumns() : CoreColumns(),
                             kAccountTables);
  list.where = query.show_ended ? "c.partner = $1::uuid AND c.state > 0" : "c.partner = $1::uuid AND c.state = 1";
  list.params.Text(query.partner);
  list.filter = query.filter;
  list.order = query.order;
  list.after = query.after;
  list.limit = query.page_size + 1;
  const pg::BuiltQuery built = pg::Build(list);
  const absl::StatusOr<pg::Rows> rows = session.ReadDynamic(built.sql, built.params);
  if (!rows.ok()) return pg::ForCaller(rows.status());

  CustomerPage page;
  for (int i = 0; i < rows->size() && i < query.page_size; ++i) {
    pg::RowReader row(*rows, i);
    const std::string key = row.Text();
    page.customers.push_back(query.full ? ReadFull(row) : ReadCore(row));
    const bool last = i == query.page_size - 1;
    if (!last || rows->size() <= query.page_size) continue;
    const Customer& customer = page.customers.back();
    page.next = {by_name ? key : TimeText(customer.create_time), customer.name.customer};
  }
  return page;
}

}  // namespace clientele::customer
