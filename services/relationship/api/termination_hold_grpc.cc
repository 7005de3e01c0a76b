#include "clientele/relationship/v1/termination_hold_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/relationship/api/grpc_services.h"

namespace clientele::relationship {
namespace {

class TerminationHoldGrpc final : public v1::TerminationHoldService::CallbackService {
 public:
  TerminationHoldGrpc(rpc::Dispatcher& dispatcher, TerminationHoldHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* UpsertTerminationHold(grpc::CallbackServerContext* context,
                                                  const v1::UpsertTerminationHoldRequest* request,
                                                  v1::TerminationHold* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.upsert);
  }

  grpc::ServerUnaryReactor* DeleteTerminationHold(grpc::CallbackServerContext* context,
                                                  const v1::DeleteTerminationHoldRequest* request,
                                                  google::protobuf::Empty* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.remove);
  }

  grpc::ServerUnaryReactor* ListTerminationHolds(grpc::CallbackServerContext* context,
                                                 const v1::ListTerminationHoldsRequest* request,
                                                 v1::ListTerminationHoldsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.list);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const TerminationHoldHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeTerminationHoldService(rpc::Dispatcher& dispatcher,
                                                          TerminationHoldHandlers handlers) {
  return std::make_unique<TerminationHoldGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::relationship
