#include <utility>

#include "clientele/customer/v1/import_source_service.grpc.pb.h"
#include "common/rpc/dispatcher.h"
#include "services/customer/api/grpc_services.h"

namespace clientele::customer {
namespace {

class ImportSourceGrpc final : public v1::ImportSourceService::CallbackService {
 public:
  ImportSourceGrpc(rpc::Dispatcher& dispatcher, ImportSourceHandlers handlers)
      : dispatcher_(dispatcher), handlers_(std::move(handlers)) {}

  grpc::ServerUnaryReactor* CreateImportSource(grpc::CallbackServerContext* context,
                                               const v1::CreateImportSourceRequest* request,
                                               v1::ImportSource* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.create);
  }
  grpc::ServerUnaryReactor* GetImportSource(grpc::CallbackServerContext* context,
                                            const v1::GetImportSourceRequest* request,
                                            v1::ImportSource* response) override {
    return dispatcher_.Serve(context, *request, *response, handlers_.get);
  }

 private:
  rpc::Dispatcher& dispatcher_;
  const ImportSourceHandlers handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeImportSourceService(rpc::Dispatcher& dispatcher, ImportSourceHandlers handlers) {
  return std::make_unique<ImportSourceGrpc>(dispatcher, std::move(handlers));
}

}  // namespace clientele::customer
