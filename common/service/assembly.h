#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/auth/token.h"
#include "common/core/clock.h"
#include "common/events/projection.h"
#include "common/events/retention.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/pg/executor.h"
#include "common/rpc/async_service.h"
#include "common/rpc/channel.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/page_token.h"

namespace clientele::service {

// What a service is built from. Outlives the assembly.
struct Environment {
  const Clock& clock;
  pg::Executor& executor;
  auth::TokenVerifier& tokens;
  const rpc::PageTokens& page_tokens;
  const market::Markets& markets;
  const market::Cloud& cloud;
  std::string service;  // customer, relationship or invitation
  std::string cell;
  std::string trust_domain;
  std::string replica;  // unique per process start; owner of saga and mail leases
  // The way to another service; see rpc::MakeChannel.
  std::function<rpc::PeerChannel(const std::string& target)> peer;
};

// The parts of a service, wired: what each binary's own class derives from, whose members are the parts that only it
// has. Event and audit services and retention, which all have, stand here. Destroyed after the gRPC server is gone and
// before the executor.
class Assembly {
 public:
  struct Options {
    std::set<std::string> peers;         // services of the suite that may call internal RPCs here
    std::vector<std::string> contracts;  // full names of the proto services that Serve is going to bring
    // Copies of other services' facts, by the service: a call that has seen more of it waits for the copy.
    std::map<std::string, events::Projection*> copies;
    decltype(rpc::DispatcherOptions::resolve_customer) resolve_customer;
  };
  Assembly(Environment& environment, Options options);
  virtual ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  std::vector<rpc::AsyncService*> services() const;
  // That serves them, for the drain.
  rpc::Dispatcher& dispatcher() { return dispatcher_; }

  // Begins what runs without a call, in the order of Run; ends it in the other. Stop returns once nothing runs.
  void Start();
  void Stop();

 protected:
  void Serve(std::unique_ptr<rpc::AsyncService> service) { services_.push_back(std::move(service)); }
  // A part that runs without a call: projection, sagas, clock, mail.
  template <class Part>
  void Run(Part& part) {
    runs_.push_back({[&part] { part.Start(); }, [&part] { part.Stop(); }});
  }

 private:
  struct Running {
    std::function<void()> start;
    std::function<void()> stop;
  };

  rpc::Dispatcher dispatcher_;
  events::Retention retention_;
  std::vector<std::unique_ptr<rpc::AsyncService>> services_;
  std::vector<Running> runs_;
};

}  // namespace clientele::service
