#include "common/rpc/message_bytes.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace clientele::rpc {

grpc::ByteBuffer BytesOf(const google::protobuf::Message& message) {
  grpc::Slice bytes(message.ByteSizeLong());
  // Nobody shares the slice yet.
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(bytes.begin()));
  return grpc::ByteBuffer(&bytes, 1);
}

bool ParseBytes(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&bytes, &message).ok();
}

}  // namespace clientele::rpc
