#pragma once

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace clientele::rpc {

// SHA-256 over the deterministic serialization: equal for equal messages of one build, 32 bytes.
std::string HashOf(const google::protobuf::Message& message);

}  // namespace clientele::rpc
