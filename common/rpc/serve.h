#pragma once

#include "common/rpc/dispatcher.h"

// One RPC of a gRPC service, for *_grpc.cc alone: the method that gRPC calls, and the handler that serves it. It stands
// behind the members `dispatcher_` and those that the handler is made from, such as `parts_`:
//   CLIENTELE_RPC(UpdateCustomer, v1::UpdateCustomerRequest, v1::Customer,
//                 rpc::OnWorker(&customer::UpdateCustomer, parts_.customers, parts_.policy))
#define CLIENTELE_RPC(Method, Request, Response, ...)                                                                \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Request* request, Response* response) \
      override {                                                                                                     \
    return dispatcher_.Serve(context, *request, *response, Method##_);                                               \
  }                                                                                                                  \
  const ::clientele::rpc::Handler<Request, Response> Method##_ = __VA_ARGS__;
