// What the pieces on the way of a request cost by themselves. `tools/bench --micro` gives it a database.
#include <benchmark/benchmark.h>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clientele/customer/v1/customer_service.pb.h"
#include "common/auth/test_signer.h"
#include "common/auth/token.h"
#include "common/pg/session.h"
#include "common/rpc/filter.h"
#include "common/rpc/page_token.h"
#include "common/rpc/request_hash.h"
#include "common/rpc/rules.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/storage/account_columns.h"
#include "services/customer/storage/customer_store.h"

ABSL_FLAG(std::string, database, "", "Of customer-service, with customers in it, as libpq names it.");

namespace clientele::customer {
namespace {

constexpr char kPartner[] = "partners/01900000-0000-7000-8000-000000000001";
constexpr char kCell[] = "clientele/global";

v1::CreateCustomerRequest NewCustomer() {
  v1::CreateCustomerRequest request;
  request.set_parent(kPartner);
  request.set_request_id("01900000-0000-4000-8000-000000000001");
  v1::Customer& customer = *request.mutable_customer();
  customer.set_company_name("Contoso Ltd.");
  customer.set_primary_domain("contoso.example");
  v1::BillingProfile& billing = *customer.mutable_billing_profile();
  billing.set_company_name("Contoso Ltd.");
  billing.set_email("invoices@contoso.example");
  billing.set_first_name("Ann");
  billing.set_last_name("Lee");
  billing.set_culture("en-US");
  billing.set_language("en");
  auto& address = *billing.mutable_default_address();
  address.set_address_line1("1 Main Street");
  address.set_city("Redmond");
  address.set_state("WA");
  address.set_postal_code("98052");
  address.set_country("US");
  return request;
}

// 50 rows, as a page has them.
pg::Rows FiftyRows(benchmark::State& state) {
  static const pg::Statement kRows{"micro_bench_rows",
                                   absl::StrCat("SELECT ", FullColumns(), kAccountTables, "ORDER BY c.id LIMIT 50")};
  pg::SessionOptions options;
  options.conninfo = absl::GetFlag(FLAGS_database);
  options.schema = "customer";
  pg::Connection session(options);
  const absl::Status connected = session.Connect();
  const auto rows = connected.ok() ? session.Read(kRows, {}) : connected;
  if (!rows.ok() || rows->size() != 50) {
    state.SkipWithError("--database has no 50 customers to read");
    return {};
  }
  return *rows;
}

void DecodeRows(benchmark::State& state) {
  const pg::Rows rows = FiftyRows(state);
  for (auto unused : state) {
    for (int i = 0; i < rows.size(); ++i) {
      pg::RowReader row(rows, i);
      benchmark::DoNotOptimize(ReadFull(row));
    }
  }
  state.SetItemsProcessed(state.iterations() * rows.size());
}
BENCHMARK(DecodeRows);

void RowsToMessages(benchmark::State& state) {
  const pg::Rows rows = FiftyRows(state);
  std::vector<Customer> customers;
  for (int i = 0; i < rows.size(); ++i) {
    pg::RowReader row(rows, i);
    customers.push_back(ReadFull(row));
  }
  for (auto unused : state) {
    for (const Customer& customer : customers) benchmark::DoNotOptimize(ToProto(customer));
  }
  state.SetItemsProcessed(state.iterations() * rows.size());
}
BENCHMARK(RowsToMessages);

// Argument: tokens that come in turn. The verifier keeps one, so two are verified each time.
void VerifyToken(benchmark::State& state) {
  const auth::TestSigner signer = auth::TestSigner::Ed25519("bench");
  const auto verifier = auth::TokenVerifier::Create(
      {"https://issuer.example", kCell, auth::WriteKeysFile({signer}), absl::Seconds(30), 1});
  const absl::Time now = absl::Now();
  std::vector<std::string> tokens;
  for (int i = 0; i < state.range(0); ++i) {
    tokens.push_back(signer.Sign({{"iss", "https://issuer.example"},
                                  {"aud", kCell},
                                  {"iat", absl::ToUnixSeconds(now)},
                                  {"exp", absl::ToUnixSeconds(now) + 3600},
                                  {"sub", absl::StrCat("user-", i)},
                                  {"kind", "partner_user"},
                                  {"partner", "01900000-0000-7000-8000-000000000001"},
                                  {"roles", {"global_admin"}}}));
  }
  size_t n = 0;
  for (auto unused : state) {
    const auto principal = (*verifier)->Verify(tokens[n++ % tokens.size()], now);
    if (!principal.ok()) state.SkipWithError(principal.status().ToString().c_str());
  }
}
BENCHMARK(VerifyToken)->Arg(1)->Arg(2);

void CheckFields(benchmark::State& state) {
  const v1::CreateCustomerRequest request = NewCustomer();
  if (!rpc::CheckFields(request).empty()) state.SkipWithError("the request is not well-formed");
  for (auto unused : state) benchmark::DoNotOptimize(rpc::CheckFields(request));
}
BENCHMARK(CheckFields);

void HashRequest(benchmark::State& state) {
  const v1::CreateCustomerRequest request = NewCustomer();
  for (auto unused : state) benchmark::DoNotOptimize(rpc::HashOf(request));
}
BENCHMARK(HashRequest);

void ParseFilter(benchmark::State& state) {
  const std::string filter = "company_name:\"cont*\" AND state=ACTIVE AND create_time>=\"2026-01-01T00:00:00Z\"";
  for (auto unused : state) {
    const auto predicate = rpc::ParseFilter(filter, CustomerListing().fields);
    if (!predicate.ok()) state.SkipWithError(predicate.status().ToString().c_str());
  }
}
BENCHMARK(ParseFilter);

void PageToken(benchmark::State& state) {
  const rpc::PageTokens tokens(*auth::SigningKeys::Create({{"bench", std::string(32, 'k')}}), "global");
  v1::ListCustomersRequest request;
  request.set_parent(kPartner);
  for (auto unused : state) {
    request.set_page_token(tokens.Encode(request, {"2026-01-01T00:00:00Z", "01900001-0000-7000-8000-000000000001"}));
    if (!tokens.Decode(request).ok()) state.SkipWithError("a page token is refused");
  }
}
BENCHMARK(PageToken);

}  // namespace
}  // namespace clientele::customer

int main(int argc, char** argv) {
  // Each takes its own flags out of the list: first those of the benchmarks.
  benchmark::Initialize(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
