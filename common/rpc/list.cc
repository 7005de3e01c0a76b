#include "common/rpc/list.h"

#include <google/protobuf/message.h>

#include <utility>

#include "common/rpc/filter.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

int RequestedSize(const google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName("page_size");
  return PageSize(field == nullptr ? 0 : request.GetReflection()->GetInt32(request, field));
}

}  // namespace

absl::StatusOr<pg::PageRequest> PageOf(const google::protobuf::Message& request, const pg::Listing& listing,
                                       const PageTokens& tokens) {
  auto filter = ParseFilter(FieldAt(request, "filter"), listing.fields);
  if (!filter.ok()) return filter.status();
  auto order = ParseOrderBy(FieldAt(request, "order_by"), listing.orders, listing.default_order);
  if (!order.ok()) return order.status();
  auto after = tokens.Decode(request);
  if (!after.ok()) return after.status();
  return pg::PageRequest{*std::move(filter), *std::move(order), *std::move(after), RequestedSize(request)};
}

}  // namespace clientele::rpc
