#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace clientele::loadgen {

// What is sent: serialized requests, each with the bearer token of who sends it.
struct Requests {
  struct Request {
    size_t token;  // index
    std::string message;
  };
  std::vector<std::string> tokens;
  std::vector<Request> requests;
};

// `tokens_file`: one token a line. `requests_file`: of each request the number of its token's line and the length of
// its message, both 32 bits, little-endian, and the message.
absl::StatusOr<Requests> ReadRequests(const std::string& tokens_file, const std::string& requests_file);

}  // namespace clientele::loadgen
