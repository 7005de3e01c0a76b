#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/rpc/async_service.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/open_call.h"

namespace clientele::rpc {

// A service of the suite, for *_grpc.cc alone: its constructor serves each method of the contract by a handler.
//   Serve("UpdateCustomer", rpc::OnWorker(&customer::UpdateCustomer, parts_.customers, parts_.policy));
class Service : public AsyncService {
 protected:
  // `name` is the proto service's full name, which DispatcherOptions.services holds.
  Service(std::string name, Dispatcher& dispatcher) : AsyncService(std::move(name)), dispatcher_(dispatcher) {}

  template <class Request, class Response>
  void Serve(const std::string& method, Handler<Request, Response> handler) {
    const MethodRecord* record = dispatcher_.Method(name(), method, *Request::descriptor(), *Response::descriptor());
    if (record == nullptr) return;
    auto shared = std::make_shared<const Handler<Request, Response>>(std::move(handler));
    AddUnary(method, [this, record, handler = std::move(shared)](WireCall& wire) {
      dispatcher_.Serve(wire, *record, std::make_shared<TypedCall<Request, Response>>(*handler));
    });
  }

 private:
  Dispatcher& dispatcher_;
};

}  // namespace clientele::rpc
