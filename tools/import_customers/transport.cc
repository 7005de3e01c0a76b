#include "tools/import_customers/transport.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "common/core/error.h"
#include "tools/import_customers/files.h"

namespace clientele::import_customers {
namespace {

using customer::v1::BatchImportCustomersRequest;
using customer::v1::BatchImportCustomersResponse;
using customer::v1::CustomerService;

absl::Status ToStatus(const grpc::Status& status) {
  if (!status.error_details().empty()) {
    if (absl::Status detailed = ParseStatus(status.error_details()); !detailed.ok()) return detailed;
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<grpc::SslCredentialsOptions> ReadCredentials(const TransportOptions& options) {
  grpc::SslCredentialsOptions ssl;
  const std::pair<const std::string&, std::string&> files[] = {{options.ca_file, ssl.pem_root_certs},
                                                               {options.cert_file, ssl.pem_cert_chain},
                                                               {options.key_file, ssl.pem_private_key}};
  for (const auto& [path, content] : files) {
    if (path.empty()) continue;
    auto text = ReadTextFile(path);
    if (!text.ok()) return text.status();
    content = *std::move(text);
  }
  return ssl;
}

}  // namespace

absl::StatusOr<ImportCall> Connect(const TransportOptions& options) {
  const auto ssl = ReadCredentials(options);
  if (!ssl.ok()) return ssl.status();
  if (!options.token_file.empty()) {
    if (const auto token = ReadTokenFile(options.token_file); !token.ok()) return token.status();
  }
  grpc::ChannelArguments arguments;
  // gRPC's own would leave a server that is back alone for up to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 250);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(options.target, grpc::SslCredentials(*ssl), arguments);
  const std::shared_ptr<CustomerService::Stub> stub = CustomerService::NewStub(channel);
  return ImportCall(
      [stub, options](const BatchImportCustomersRequest& request) -> absl::StatusOr<BatchImportCustomersResponse> {
        grpc::ClientContext context;
        context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
        if (!options.token_file.empty()) {
          const auto token = ReadTokenFile(options.token_file);
          if (!token.ok()) return token.status();
          context.AddMetadata("authorization", absl::StrCat("Bearer ", *token));
        }
        BatchImportCustomersResponse response;
        const grpc::Status status = stub->BatchImportCustomers(&context, request, &response);
        if (!status.ok()) return ToStatus(status);
        return response;
      });
}

}  // namespace clientele::import_customers
