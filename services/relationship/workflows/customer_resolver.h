#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "common/auth/principal.h"
#include "common/core/clock.h"
#include "common/core/mutex.h"
#include "common/rpc/channel.h"

namespace clientele::relationship {

// Finds the id of a customer's organisation from its administrator's principal (issuer, tenant id) by asking
// customer-service. An answer is kept for a minute, in an LRU of bounded size; a refusal is not kept, since an
// acceptance may make the organisation at any moment. Thread-safe.
class CustomerResolver {
 public:
  static constexpr absl::Duration kKeep = absl::Minutes(1);
  static constexpr size_t kMaxKept = 10000;

  // The clock outlives the resolver's calls.
  CustomerResolver(rpc::Peer<customer::v1::AccountService> accounts, const Clock& clock);

  // Calls back at once or on the loop's thread. NOT_FOUND/ORGANIZATION_NOT_FOUND where there is no such organisation.
  void Resolve(const auth::Principal& principal, absl::Time deadline,
               std::function<void(absl::StatusOr<std::string>)> done);

 private:
  using Tenant = std::pair<std::string, std::string>;  // issuer, tenant id
  struct Entry {
    Tenant tenant;
    std::string customer;
    absl::Time until;
  };
  // What callbacks of calls on their way hold on to.
  struct Cache {
    Mutex mutex;
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);  // most recently used first
    std::map<Tenant, std::list<Entry>::iterator> places ABSL_GUARDED_BY(mutex);

    std::string Find(const Tenant& tenant, absl::Time now);
    void Keep(const Tenant& tenant, const std::string& customer, absl::Time now);
  };

  const rpc::Peer<customer::v1::AccountService> accounts_;
  const Clock& clock_;
  const std::shared_ptr<Cache> cache_ = std::make_shared<Cache>();
};

}  // namespace clientele::relationship
