#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/events/feed_fixture_test.h"
#include "common/events/feed_service.h"

namespace clientele::events {
namespace {

using audit::v1::ListAuditRecordsRequest;
using audit::v1::ListAuditRecordsResponse;

class ListAuditRecordsTest : public FeedTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        session_
            ->Execute("INSERT INTO audit_record (id, partner, create_time, actor, on_behalf_of, operation, resource, "
                      "revision, changed_fields, method, request_id, trace_id) "
                      "SELECT gen_random_uuid(), CASE WHEN n = 9 THEN '' WHEN n > 6 THEN 'partners/b' ELSE "
                      "'partners/a' END, '2026-01-01'::timestamptz + (n / 2) * interval '1.000001 s', "
                      "CASE WHEN n = 1 THEN 'user:anna' ELSE 'service:billing' END, 'user:max', 'customer.updated', "
                      "'partners/a/customers/' || n, n, '{name}', 'S/Update', 'request', 'trace' "
                      "FROM generate_series(1, 9) AS n")
            .ok());
  }

  absl::StatusOr<ListAuditRecordsResponse> List(const ListAuditRecordsRequest& request) {
    rpc::Call call;
    return handler_.work(*session_, call, request);
  }

  const rpc::PageTokens tokens_{auth::SigningKeys::Create({{"k1", std::string(32, 's')}}).value(), "global"};
  const rpc::Handler<ListAuditRecordsRequest, ListAuditRecordsResponse> handler_ = ListAuditRecordsHandler(tokens_);
};

TEST_F(ListAuditRecordsTest, PagesNewestFirstWithoutGaps) {
  ListAuditRecordsRequest request;
  request.set_parent("partners/a");
  request.set_page_size(2);
  std::vector<int64_t> times;
  std::set<std::string> names;
  for (int page = 0; page < 3; ++page) {
    const auto response = List(request);
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(response->audit_records_size(), 2);
    for (const auto& record : response->audit_records()) {
      EXPECT_EQ(record.name().rfind("partners/a/auditRecords/", 0), 0U);
      EXPECT_EQ(record.on_behalf_of(), "user:max");
      EXPECT_EQ(record.changed_fields(0), "name");
      names.insert(record.name());
      times.push_back(record.create_time().seconds() * 1000000000 + record.create_time().nanos());
    }
    EXPECT_EQ(response->next_page_token().empty(), page == 2);
    request.set_page_token(response->next_page_token());
  }
  EXPECT_EQ(names.size(), 6U);
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));
}

TEST_F(ListAuditRecordsTest, FiltersAndShowsAllPartnersToThoseWhoServeThem) {
  ListAuditRecordsRequest request;
  request.set_parent("partners/-");
  auto response = List(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->audit_records_size(), 9);
  request.set_filter("actor = \"user:anna\"");
  response = List(request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->audit_records_size(), 1);
  EXPECT_EQ(response->audit_records(0).resource(), "partners/a/customers/1");
  request.set_filter("create_time >= \"2026-01-01T00:00:03Z\" AND resource = \"partners/a/customers/*\"");
  response = List(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->audit_records_size(), 4);
  request.set_filter("secret = 1");
  EXPECT_EQ(ReasonOf(List(request).status()), "INVALID_FILTER");
}

TEST_F(ListAuditRecordsTest, TokenOfAnotherRequestIsRefused) {
  ListAuditRecordsRequest request;
  request.set_parent("partners/a");
  request.set_page_size(2);
  request.set_page_token(List(request)->next_page_token());
  request.set_parent("partners/b");
  EXPECT_EQ(ReasonOf(List(request).status()), "INVALID_PAGE_TOKEN");
}

}  // namespace
}  // namespace clientele::events
