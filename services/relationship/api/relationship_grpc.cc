#include "clientele/relationship/v1/relationship_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/relationship/api/grpc_services.h"

namespace clientele::relationship {
namespace {

class RelationshipGrpc final : public v1::RelationshipService::CallbackService {
 public:
  RelationshipGrpc(rpc::Dispatcher& dispatcher, RelationshipHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* GetCustomerRelationship(grpc::CallbackServerContext* context,
                                                    const v1::GetCustomerRelationshipRequest* request,
                                                    v1::CustomerRelationship* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.get);
  }

  grpc::ServerUnaryReactor* ListCustomerRelationships(grpc::CallbackServerContext* context,
                                                      const v1::ListCustomerRelationshipsRequest* request,
                                                      v1::ListCustomerRelationshipsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.list);
  }

  grpc::ServerUnaryReactor* TerminateCustomerRelationship(grpc::CallbackServerContext* context,
                                                          const v1::TerminateCustomerRelationshipRequest* request,
                                                          v1::CustomerRelationship* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.terminate);
  }

  grpc::ServerUnaryReactor* EstablishCustomerRelationships(
      grpc::CallbackServerContext* context, const v1::EstablishCustomerRelationshipsRequest* request,
      v1::EstablishCustomerRelationshipsResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.establish);
  }

  grpc::ServerUnaryReactor* WithdrawCustomerRelationship(grpc::CallbackServerContext* context,
                                                         const v1::WithdrawCustomerRelationshipRequest* request,
                                                         v1::CustomerRelationship* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.withdraw);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const RelationshipHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRelationshipService(rpc::Dispatcher& dispatcher, RelationshipHandlers handlers) {
  return std::make_unique<RelationshipGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::relationship
