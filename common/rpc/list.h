#pragma once

#include "absl/status/statusor.h"
#include "common/pg/list_query.h"
#include "common/rpc/page_token.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace clientele::rpc {

// The page that a list's request asks for by those of `filter`, `order_by`, `page_size` and `page_token` that it has.
// Answers the errors of ParseFilter, ParseOrderBy and PageTokens::Decode. `listing` must outlive the answer.
absl::StatusOr<pg::PageRequest> PageOf(const google::protobuf::Message& request, const pg::Listing& listing,
                                       const PageTokens& tokens);

}  // namespace clientele::rpc
