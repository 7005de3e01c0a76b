#include "common/rpc/list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/core/error.h"
#include "probe_service.pb.h"

namespace clientele::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::v1::ListProbesRequest;

const pg::Listing& Probes() {
  using pg::FieldType;
  static const auto* const listing =
      new pg::Listing{{{"count", {"p.count", FieldType::kInt}}},
                      {{"create_time", {{"p.create_time", FieldType::kTime}, {"p.id", FieldType::kUuid}}}},
                      "create_time desc"};
  return *listing;
}

class PageOfTest : public ::testing::Test {
 protected:
  std::string Reason(const ListProbesRequest& request) { return ReasonOf(PageOf(request, Probes(), tokens_).status()); }

  const PageTokens tokens_{*auth::SigningKeys::Create({{"key", std::string(32, 'k')}}), "global"};
};

TEST_F(PageOfTest, AnEmptyRequestIsTheFirstPageInTheListsOwnOrder) {
  const auto page = PageOf(ListProbesRequest(), Probes(), tokens_);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->filter.kind, pg::Predicate::Kind::kTrue);
  ASSERT_EQ(page->order.size(), 2U);
  EXPECT_EQ(page->order[0].column, "p.create_time");
  EXPECT_TRUE(page->order[0].descending && page->order[1].descending);
  EXPECT_THAT(page->after, IsEmpty());
  EXPECT_EQ(page->size, 50);
}

TEST_F(PageOfTest, TakesWhatTheRequestSays) {
  ListProbesRequest request;
  request.set_filter("count = 3");
  request.set_page_size(7);
  request.set_page_token(tokens_.Encode(request, {"2026-01-01", "id"}));
  const auto page = PageOf(request, Probes(), tokens_);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->filter.field, &Probes().fields.at("count"));
  EXPECT_EQ(page->filter.value, "3");
  EXPECT_THAT(page->after, ElementsAre("2026-01-01", "id"));
  EXPECT_EQ(page->size, 7);
}

TEST_F(PageOfTest, RefusesAWrongFilterAndAForeignToken) {
  ListProbesRequest request;
  request.set_filter("color = 3");
  EXPECT_EQ(Reason(request), "INVALID_FILTER");
  request.set_filter("count = 3");
  request.set_page_token(tokens_.Encode(ListProbesRequest(), {"2026-01-01", "id"}));
  EXPECT_EQ(Reason(request), "INVALID_PAGE_TOKEN");
}

}  // namespace
}  // namespace clientele::rpc
