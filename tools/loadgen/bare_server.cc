// What gRPC alone costs: callback handlers that answer messages from memory, behind the same TLS as the services.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"
#include "clientele/invitation/v1/invitation_service.grpc.pb.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:7499", "Where it serves.");
ABSL_FLAG(std::string, tls_directory, "", "Directory with tls.crt and tls.key.");
ABSL_FLAG(std::string, answers, "", "Directory with serialized answers, a file named after each method.");

namespace clientele::loadgen {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

// The answer to a method, from memory.
template <class Message>
class Prepared {
 public:
  explicit Prepared(const char* method) {
    message_.ParseFromString(Contents(absl::StrCat(absl::GetFlag(FLAGS_answers), "/", method)));
  }

  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Message* response) const {
    *response = message_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  Message message_;
};

class Customers final : public customer::v1::CustomerService::CallbackService {
  using Context = grpc::CallbackServerContext;
  grpc::ServerUnaryReactor* GetCustomer(Context* context, const customer::v1::GetCustomerRequest*,
                                        customer::v1::Customer* response) override {
    return get_customer_.Answer(context, response);
  }
  grpc::ServerUnaryReactor* ListCustomers(Context* context, const customer::v1::ListCustomersRequest*,
                                          customer::v1::ListCustomersResponse* response) override {
    return list_customers_.Answer(context, response);
  }
  grpc::ServerUnaryReactor* UpdateCustomer(Context* context, const customer::v1::UpdateCustomerRequest*,
                                           customer::v1::Customer* response) override {
    return update_customer_.Answer(context, response);
  }
  grpc::ServerUnaryReactor* CreateCustomer(Context* context, const customer::v1::CreateCustomerRequest*,
                                           customer::v1::Customer* response) override {
    return create_customer_.Answer(context, response);
  }
  grpc::ServerUnaryReactor* BatchImportCustomers(Context* context, const customer::v1::BatchImportCustomersRequest*,
                                                 customer::v1::BatchImportCustomersResponse* response) override {
    return batch_import_customers_.Answer(context, response);
  }

  const Prepared<customer::v1::Customer> get_customer_{"GetCustomer"};
  const Prepared<customer::v1::ListCustomersResponse> list_customers_{"ListCustomers"};
  const Prepared<customer::v1::Customer> update_customer_{"UpdateCustomer"};
  const Prepared<customer::v1::Customer> create_customer_{"CreateCustomer"};
  const Prepared<customer::v1::BatchImportCustomersResponse> batch_import_customers_{"BatchImportCustomers"};
};

class Invitations final : public invitation::v1::InvitationService::CallbackService {
  using Context = grpc::CallbackServerContext;
  grpc::ServerUnaryReactor* CreateInvitation(Context* context, const invitation::v1::CreateInvitationRequest*,
                                             invitation::v1::Invitation* response) override {
    return create_invitation_.Answer(context, response);
  }
  grpc::ServerUnaryReactor* AcceptInvitation(Context* context, const invitation::v1::AcceptInvitationRequest*,
                                             invitation::v1::AcceptInvitationResponse* response) override {
    return accept_invitation_.Answer(context, response);
  }

  const Prepared<invitation::v1::Invitation> create_invitation_{"CreateInvitation"};
  const Prepared<invitation::v1::AcceptInvitationResponse> accept_invitation_{"AcceptInvitation"};
};

int Main() {
  const std::string directory = absl::GetFlag(FLAGS_tls_directory);
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  tls.pem_key_cert_pairs.push_back(
      {Contents(absl::StrCat(directory, "/tls.key")), Contents(absl::StrCat(directory, "/tls.crt"))});
  Customers customers;
  Invitations invitations;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::GetFlag(FLAGS_listen), grpc::SslServerCredentials(tls));
  builder.RegisterService(&customers);
  builder.RegisterService(&invitations);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::cerr << "cannot listen at " << absl::GetFlag(FLAGS_listen) << "\n";
    return 1;
  }
  std::cout << "serving" << std::endl;
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace clientele::loadgen

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  // As released services do.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return clientele::loadgen::Main();
}
