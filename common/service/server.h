#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/obs/metrics.h"
#include "common/rpc/async_service.h"
#include "common/rpc/completion_loop.h"
#include "common/service/health.h"

namespace clientele::service {

struct ServerOptions {
  std::string listen;
  std::string admin_listen;
  std::string tls_directory;
  bool reflection = true;
};

// The gRPC server of a service: all of it on one port with TLS, health alone on one without, for probes.
class Server {
 public:
  Server();
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Of the server, and of the process's calls of others: see PeerChannel. It runs before Start and after Shutdown.
  rpc::CompletionLoop& loop() { return *loop_; }

  // Not serving until SetReady. UNAVAILABLE where an address is taken; FAILED_PRECONDITION where a certificate is
  // missing. Once; `services` outlive the server.
  absl::Status Start(const ServerOptions& options, const std::vector<rpc::AsyncService*>& services);
  // What health says of "", which is readiness. `liveness` is SERVING as long as the process runs. Each call measures
  // the loop's lag.
  void SetReady(bool ready);
  // Takes no more calls; those still open at `deadline` are cancelled.
  void Shutdown(absl::Time deadline);

 private:
  grpc::ServerBuilder builder_;
  const std::unique_ptr<rpc::CompletionLoop> loop_;
  // Also what a call waits before any other metric counts it.
  obs::Histogram& loop_lag_ = obs::HistogramFor("clientele_grpc_loop_lag_seconds",
                                                "From an event to the thread that speaks gRPC, looked at every 0.2 s.");
  HealthService health_;
  std::vector<std::unique_ptr<rpc::AsyncService>> reflection_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace clientele::service
