#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/auth/token.h"
#include "common/core/clock.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/pg/executor.h"
#include "common/pg/migration.h"
#include "common/rpc/page_token.h"

namespace clientele::rpc {
class Dispatcher;
}

// What the main of every service shares: flags, modes, start, health, metrics and shutdown.
namespace clientele::service {

// What a service is built from. Outlives the assembly.
struct Environment {
  const Clock& clock;
  pg::Executor& executor;
  auth::TokenVerifier& tokens;
  const rpc::PageTokens& page_tokens;
  const market::Markets& markets;
  const market::Cloud& cloud;
  std::string cell;
  std::string trust_domain;
  std::string replica;  // unique per process start; owner of saga and mail leases
  // An mTLS channel to another service; see rpc::MakeChannel.
  std::function<std::shared_ptr<grpc::Channel>(const std::string& target)> channel;
};

// A service's own parts, wired. Its destructor runs after the gRPC server is gone and before the executor.
class Assembly {
 public:
  virtual ~Assembly() = default;
  virtual std::vector<grpc::Service*> services() = 0;
  // The dispatcher that serves them, for the drain.
  virtual rpc::Dispatcher& dispatcher() = 0;
  // Begins and ends what runs without a call: projections, sagas, clocks, mail. Stop returns once nothing runs.
  virtual void Start() = 0;
  virtual void Stop() = 0;
};

struct Binary {
  std::string name;  // customer: the schema, the service's name in consistency metadata, <name>-service in certificates
  std::vector<pg::Migration> migrations;  // after the foundation's
  // Not ok where its own configuration is wrong: the process does not start.
  std::function<absl::StatusOr<std::unique_ptr<Assembly>>(Environment&)> assemble;
};

// Parses flags, runs the mode asked for and returns the exit code: 0 done or stopped by SIGTERM, 1 cannot start (the
// reason in the log).
int Main(int argc, char** argv, const Binary& binary);

}  // namespace clientele::service
