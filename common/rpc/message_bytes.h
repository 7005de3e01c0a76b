#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

// Messages as the wire has them.
namespace clientele::rpc {

grpc::ByteBuffer BytesOf(const google::protobuf::Message& message);
// False where the bytes, which are used up, are no such message.
bool ParseBytes(grpc::ByteBuffer& bytes, google::protobuf::Message& message);

}  // namespace clientele::rpc
