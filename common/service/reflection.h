#pragma once

#include <string>
#include <vector>

#include "common/rpc/async_service.h"

namespace clientele::service {

// grpc.reflection.v1.ServerReflection, or its older name v1alpha: the contract of the services named, for grpcurl and
// `buf curl`. Whoever reaches the port may read it, as no secret stands in it.
class ReflectionService final : public rpc::AsyncService {
 public:
  enum class Version { kV1, kV1Alpha };

  // Full names of the services that are told; what is asked for by its own name is found in all that is linked.
  ReflectionService(Version version, std::vector<std::string> services);

  static std::string NameOf(Version version);

 private:
  const std::vector<std::string> services_;
};

}  // namespace clientele::service
