#include "tools/loadgen/requests.h"

#include <array>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace clientele::loadgen {
namespace {

bool ReadNumber(std::istream& in, uint32_t* number) {
  std::array<char, 4> bytes{};
  if (!in.read(bytes.data(), bytes.size())) return false;
  *number = 0;
  for (size_t i = bytes.size(); i-- > 0;) *number = *number << 8 | static_cast<unsigned char>(bytes[i]);
  return true;
}

}  // namespace

absl::StatusOr<Requests> ReadRequests(const std::string& tokens_file, const std::string& requests_file) {
  Requests read;
  std::ifstream tokens(tokens_file);
  for (std::string line; std::getline(tokens, line);) read.tokens.push_back(line);
  std::ifstream in(requests_file, std::ios::binary);
  uint32_t token = 0;
  uint32_t size = 0;
  while (ReadNumber(in, &token)) {
    if (token >= read.tokens.size() || !ReadNumber(in, &size)) {
      return absl::DataLossError(absl::StrCat(requests_file, ": request ", read.requests.size(), " is broken"));
    }
    Requests::Request request{token, std::string(size, '\0')};
    if (!in.read(request.message.data(), size)) {
      return absl::DataLossError(absl::StrCat(requests_file, ": request ", read.requests.size(), " is cut off"));
    }
    read.requests.push_back(std::move(request));
  }
  if (read.requests.empty()) return absl::NotFoundError(absl::StrCat(requests_file, " holds no request"));
  return read;
}

}  // namespace clientele::loadgen
