#include "services/relationship/workflows/customer_resolver.h"

namespace clientele::relationship {

CustomerResolver::CustomerResolver(rpc::Peer<customer::v1::AccountService> accounts, const Clock& clock)
    : accounts_(std::move(accounts)), clock_(clock) {}

// Empty where it is not known, or not any more.
std::string CustomerResolver::Cache::Find(const Tenant& tenant, absl::Time now) {
  MutexLock lock(&mutex);
  const auto found = places.find(tenant);
  if (found == places.end() || found->second->until <= now) return "";
  entries.splice(entries.begin(), entries, found->second);
  return found->second->customer;
}

void CustomerResolver::Cache::Keep(const Tenant& tenant, const std::string& customer, absl::Time now) {
  MutexLock lock(&mutex);
  if (const auto found = places.find(tenant); found != places.end()) {
    entries.erase(found->second);
    places.erase(found);
  }
  entries.push_front({tenant, customer, now + kKeep});
  places[tenant] = entries.begin();
  if (entries.size() <= kMaxKept) return;
  places.erase(entries.back().tenant);
  entries.pop_back();
}

void CustomerResolver::Resolve(const auth::Principal& principal, absl::Time deadline,
                               std::function<void(absl::StatusOr<std::string>)> done) {
  const absl::Time now = clock_.Now();
  const Tenant tenant{principal.tenant_issuer, principal.tenant_id};
  if (std::string known = cache_->Find(tenant, now); !known.empty()) return done(std::move(known));
  CallContext call;
  call.principal = principal.name;
  call.now = now;
  call.deadline = deadline;
  customer::v1::ResolveOrganizationRequest request;
  request.mutable_directory_tenant()->set_issuer(tenant.first);
  request.mutable_directory_tenant()->set_tenant_id(tenant.second);
  accounts_.Call(&customer::v1::AccountService::StubInterface::PrepareAsyncResolveOrganization, call, deadline, request,
                 [cache = cache_, tenant, now, done = std::move(done)](
                     absl::StatusOr<customer::v1::ResolveOrganizationResponse> answer, const Consistency&) {
                   if (!answer.ok()) return done(answer.status());
                   cache->Keep(tenant, answer->customer(), now);
                   done(answer->customer());
                 });
}

}  // namespace clientele::relationship
