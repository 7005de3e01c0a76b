#include "common/service/assembly.h"

#include <utility>

#include "clientele/audit/v1/audit_service.grpc.pb.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/events/feed_grpc.h"

namespace clientele::service {
namespace {

using Done = std::function<void(absl::Status)>;
using Copies = std::map<std::string, events::Projection*>;

// Waits for the copies from `next` on, one after the other: together they are as new as the newest wanted.
void WaitFor(const Copies& copies, Copies::const_iterator next, const Consistency& wanted, absl::Time deadline,
             const Done& done) {
  while (next != copies.end() && wanted.count(next->first) == 0) ++next;
  if (next == copies.end()) return done(absl::OkStatus());
  next->second->WaitFor(wanted.at(next->first), deadline,
                        [&copies, next, wanted, deadline, done](absl::Status reached) {
                          if (!reached.ok()) return done(std::move(reached));
                          WaitFor(copies, std::next(next), wanted, deadline, done);
                        });
}

rpc::DispatcherOptions OptionsFor(const Environment& environment, Assembly::Options options) {
  rpc::DispatcherOptions made;
  made.service = environment.service;
  made.trust = {environment.trust_domain, std::move(options.peers)};
  made.services = std::move(options.contracts);
  made.services.emplace_back(event::v1::EventService::service_full_name());
  made.services.emplace_back(audit::v1::AuditService::service_full_name());
  made.resolve_customer = std::move(options.resolve_customer);
  if (options.copies.empty()) return made;
  made.wait_for = [copies = std::move(options.copies)](const Consistency& wanted, absl::Time deadline,
                                                       const Done& done) {
    WaitFor(copies, copies.begin(), wanted, deadline, done);
  };
  return made;
}

}  // namespace

Assembly::Assembly(Environment& environment, Options options)
    : dispatcher_(OptionsFor(environment, std::move(options)), environment.clock, environment.tokens,
                  environment.executor),
      retention_(environment.clock, environment.executor) {
  Serve(events::MakeEventService(dispatcher_, environment.executor));
  Serve(events::MakeAuditService(dispatcher_, environment.page_tokens));
  Run(retention_);
}

Assembly::~Assembly() = default;

std::vector<rpc::AsyncService*> Assembly::services() const {
  std::vector<rpc::AsyncService*> services;
  services.reserve(services_.size());
  for (const auto& service : services_) services.push_back(service.get());
  return services;
}

void Assembly::Start() {
  for (const Running& running : runs_) running.start();
}

void Assembly::Stop() {
  for (auto running = runs_.rbegin(); running != runs_.rend(); ++running) running->stop();
}

}  // namespace clientele::service
