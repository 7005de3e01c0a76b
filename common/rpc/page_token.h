#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/auth/keys.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace clientele::rpc {

// Signed page tokens, bound to the cell, the method and everything in the request but page_size and page_token: a token
// of another request is refused. Thread-safe.
class PageTokens {
 public:
  PageTokens(auth::SigningKeys keys, std::string cell);

  // `cursor`: pg::Page::next(), the sort key of the last row of the page. No token where it is empty: on the last page.
  std::string Encode(const google::protobuf::Message& request, const std::vector<std::string>& cursor) const;
  // Empty where the request has no page_token. INVALID_ARGUMENT/INVALID_PAGE_TOKEN otherwise.
  absl::StatusOr<std::vector<std::string>> Decode(const google::protobuf::Message& request) const;

 private:
  const auth::SigningKeys keys_;
  const std::string cell_;
};

// 0 → 50; validation keeps it at most 1000.
int PageSize(int requested);

}  // namespace clientele::rpc
