#include "clientele/relationship/v1/partner_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/relationship/api/grpc_services.h"

namespace clientele::relationship {
namespace {

class PartnerGrpc final : public v1::PartnerService::CallbackService {
 public:
  PartnerGrpc(rpc::Dispatcher& dispatcher, PartnerHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* CreatePartner(grpc::CallbackServerContext* context, const v1::CreatePartnerRequest* request,
                                          v1::Partner* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.create);
  }

  grpc::ServerUnaryReactor* GetPartner(grpc::CallbackServerContext* context, const v1::GetPartnerRequest* request,
                                       v1::Partner* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.get);
  }

  grpc::ServerUnaryReactor* ListPartners(grpc::CallbackServerContext* context, const v1::ListPartnersRequest* request,
                                         v1::ListPartnersResponse* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.list);
  }

  grpc::ServerUnaryReactor* UpdatePartner(grpc::CallbackServerContext* context, const v1::UpdatePartnerRequest* request,
                                          v1::Partner* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.update);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const PartnerHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePartnerService(rpc::Dispatcher& dispatcher, PartnerHandlers handlers) {
  return std::make_unique<PartnerGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::relationship
