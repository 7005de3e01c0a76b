#include "common/service/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/rpc/message_bytes.h"
#include "common/rpc/stream_call.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace clientele::service {
namespace {

// The messages of v1alpha are the same on the wire.
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

// No question about a name of ours is so long, in bytes. The answer repeats the question.
constexpr size_t kMaxQuestion = 1024;

void AnswerError(grpc::StatusCode code, const std::string& message, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(message);
}

// The files that are linked, each written once: an answer carries a score of them, and whoever asks needs no
// credentials. On the loop's thread alone.
class Files {
 public:
  // The file, and those that it imports.
  void Answer(const FileDescriptor* file, const std::string& name, ServerReflectionResponse& response) {
    if (file == nullptr) return AnswerError(grpc::StatusCode::NOT_FOUND, "not found: " + name, response);
    std::set<const FileDescriptor*> told;
    Add(*file, told, response);
  }

 private:
  void Add(const FileDescriptor& file, std::set<const FileDescriptor*>& told, ServerReflectionResponse& response) {
    if (!told.insert(&file).second) return;
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(BytesOf(file));
    for (int i = 0; i < file.dependency_count(); ++i) Add(*file.dependency(i), told, response);
  }

  const std::string& BytesOf(const FileDescriptor& file) {
    std::string& bytes = bytes_[&file];
    if (bytes.empty()) {
      google::protobuf::FileDescriptorProto described;
      file.CopyTo(&described);
      bytes = described.SerializeAsString();
    }
    return bytes;
  }

  std::unordered_map<const FileDescriptor*, std::string> bytes_;
};

void AnswerExtensionNumbers(const DescriptorPool& pool, const std::string& type, ServerReflectionResponse& response) {
  const google::protobuf::Descriptor* extended = pool.FindMessageTypeByName(type);
  if (extended == nullptr) return AnswerError(grpc::StatusCode::NOT_FOUND, "not found: " + type, response);
  std::vector<const FieldDescriptor*> extensions;
  pool.FindAllExtensions(extended, &extensions);
  auto& answer = *response.mutable_all_extension_numbers_response();
  answer.set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) answer.add_extension_number(extension->number());
}

ServerReflectionResponse AnswerTo(const ServerReflectionRequest& request, const std::vector<std::string>& services,
                                  Files& files) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      files.Answer(pool.FindFileByName(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      files.Answer(pool.FindFileContainingSymbol(request.file_containing_symbol()), request.file_containing_symbol(),
                   response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& asked = request.file_containing_extension();
      const auto* type = pool.FindMessageTypeByName(asked.containing_type());
      const FieldDescriptor* extension =
          type == nullptr ? nullptr : pool.FindExtensionByNumber(type, asked.extension_number());
      files.Answer(extension == nullptr ? nullptr : extension->file(), asked.containing_type(), response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      AnswerExtensionNumbers(pool, request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services) response.mutable_list_services_response()->add_service()->set_name(name);
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      AnswerError(grpc::StatusCode::INVALID_ARGUMENT, "nothing is asked", response);
      break;
  }
  return response;
}

class Reflecting final : public rpc::StreamHandler {
 public:
  Reflecting(const std::vector<std::string>& services, Files& files) : services_(services), files_(files) {}

  void Received(rpc::StreamCall& call, grpc::ByteBuffer& message) override {
    ServerReflectionRequest request;
    if (message.Length() > kMaxQuestion || !rpc::ParseBytes(message, request)) {
      return call.Finish({grpc::StatusCode::INVALID_ARGUMENT, "no request of reflection"});
    }
    call.Write(AnswerTo(request, services_, files_));
  }
  void ReceivedAll(rpc::StreamCall& call) override { call.Finish(grpc::Status::OK); }

 private:
  const std::vector<std::string>& services_;
  Files& files_;
};

}  // namespace

ReflectionService::ReflectionService(Version version, std::vector<std::string> services)
    : AsyncService(NameOf(version)), services_(std::move(services)) {
  AddStream("ServerReflectionInfo",
            [this, files = std::make_shared<Files>()] { return std::make_unique<Reflecting>(services_, *files); });
}

std::string ReflectionService::NameOf(Version version) {
  const FileDescriptor* file = version == Version::kV1
                                   ? ServerReflectionRequest::descriptor()->file()
                                   : grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file();
  return file->service(0)->full_name();
}

}  // namespace clientele::service
