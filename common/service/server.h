#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace clientele::service {

struct ServerOptions {
  std::string listen;
  std::string admin_listen;
  std::string tls_directory;
  bool reflection = true;
};

// The gRPC server of a service and the plaintext one for probes.
class Server {
 public:
  // Not serving until SetReady. UNAVAILABLE where an address is taken; FAILED_PRECONDITION where a certificate is
  // missing.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  ~Server();

  // What health says of "", which is readiness. `liveness` is SERVING as long as the process runs.
  void SetReady(bool ready);
  // Ends both servers; calls still open at `deadline` are cancelled.
  void Shutdown(absl::Time deadline);

 private:
  Server() = default;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::Server> admin_;
};

}  // namespace clientele::service
