#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/rpc/async_service.h"
#include "common/rpc/stream_call.h"

namespace clientele::service {

// grpc.health.v1.Health, on all ports: `Check` for probes, `Watch` for clients that balance. Names that nobody has set
// are unknown.
class HealthService final : public rpc::AsyncService {
 public:
  HealthService();

  // Before Start on any thread, then on the loop's.
  void Set(const std::string& name, bool serving);

 private:
  class Watch;

  void Check(rpc::WireCall& call);
  void List(rpc::WireCall& call);

  std::map<std::string, bool> serving_;
  std::map<std::string, std::set<Watch*>> watches_;  // by the name they watch
};

}  // namespace clientele::service
