#include "common/rpc/message_bytes.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace clientele::rpc {

grpc::ByteBuffer BytesOf(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &bytes, &own);
  return bytes;
}

bool ParseBytes(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&bytes, &message).ok();
}

}  // namespace clientele::rpc
