#include "common/rpc/page_token.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/core/error.h"
#include "common/rpc/request_hash.h"
#include "common/rpc/rules.h"

namespace clientele::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kDefaultPageSize = 50;
constexpr size_t kLengthBytes = 4;

absl::Status Invalid() {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "page_token is not one that an answer to this request carried", {{"field", "page_token"}});
}

void AppendPart(absl::string_view part, std::string* out) {
  for (size_t i = 0; i < kLengthBytes; ++i) {
    out->push_back(static_cast<char>(part.size() >> (8 * (kLengthBytes - 1 - i)) & 0xFF));
  }
  out->append(part.data(), part.size());
}

std::string Pack(const std::vector<std::string>& parts) {
  std::string packed;
  for (const std::string& part : parts) AppendPart(part, &packed);
  return packed;
}

std::optional<std::vector<std::string>> Unpack(absl::string_view packed) {
  std::vector<std::string> parts;
  while (!packed.empty()) {
    if (packed.size() < kLengthBytes) return std::nullopt;
    size_t size = 0;
    for (size_t i = 0; i < kLengthBytes; ++i) size = size << 8 | static_cast<unsigned char>(packed[i]);
    packed.remove_prefix(kLengthBytes);
    if (size > packed.size()) return std::nullopt;
    parts.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  return parts;
}

// What a token is good for: this cell, this method's request, and all in it but where in the list one stands.
std::string Binding(const std::string& cell, const Message& request) {
  const std::unique_ptr<Message> rest(request.New());
  rest->CopyFrom(request);
  for (const char* name : {"page_size", "page_token"}) {
    const FieldDescriptor* field = rest->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) rest->GetReflection()->ClearField(rest.get(), field);
  }
  return Pack({"page_token", cell, rest->GetDescriptor()->full_name(), HashOf(*rest)});
}

std::string Signature(const auth::SigningKeys::Key& key, const std::string& binding, const std::string& packed) {
  return auth::Hmac(key.secret, absl::StrCat(binding, packed));
}

}  // namespace

PageTokens::PageTokens(auth::SigningKeys keys, std::string cell) : keys_(std::move(keys)), cell_(std::move(cell)) {}

std::string PageTokens::Encode(const Message& request, const std::vector<std::string>& cursor) const {
  if (cursor.empty()) return "";
  const std::string packed = Pack(cursor);
  const std::string signature = Signature(keys_.current(), Binding(cell_, request), packed);
  return absl::StrCat(keys_.current().id, ".", absl::WebSafeBase64Escape(packed), ".",
                      absl::WebSafeBase64Escape(signature));
}

absl::StatusOr<std::vector<std::string>> PageTokens::Decode(const Message& request) const {
  const std::string token = FieldAt(request, "page_token");
  if (token.empty()) return std::vector<std::string>();
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  std::string packed;
  std::string signature;
  if (parts.size() != 3 || !absl::WebSafeBase64Unescape(parts[1], &packed) ||
      !absl::WebSafeBase64Unescape(parts[2], &signature)) {
    return Invalid();
  }
  const auth::SigningKeys::Key* key = keys_.Find(parts[0]);
  if (key == nullptr || !auth::EqualInConstantTime(signature, Signature(*key, Binding(cell_, request), packed))) {
    return Invalid();
  }
  std::optional<std::vector<std::string>> cursor = Unpack(packed);
  if (!cursor.has_value() || cursor->empty()) return Invalid();
  return *std::move(cursor);
}

int PageSize(int requested) { return requested == 0 ? kDefaultPageSize : requested; }

}  // namespace clientele::rpc
