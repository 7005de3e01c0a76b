#include "clientele/customer/v1/import_source_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/api/import_sources.h"

namespace clientele::customer {
namespace {

class ImportSourceGrpc final : public v1::ImportSourceService::CallbackService {
 public:
  ImportSourceGrpc(rpc::Dispatcher& dispatcher, const Parts& parts) : dispatcher_(dispatcher), parts_(parts) {}

 private:
  rpc::Dispatcher& dispatcher_;
  const Parts parts_;

  CLIENTELE_RPC(CreateImportSource, v1::CreateImportSourceRequest, v1::ImportSource,
                rpc::OnWorker(&customer::CreateImportSource, parts_.sources).Checking(&CheckCreateImportSource))
  CLIENTELE_RPC(GetImportSource, v1::GetImportSourceRequest, v1::ImportSource,
                rpc::OnWorker(&customer::GetImportSource, parts_.sources))
};

}  // namespace

std::unique_ptr<grpc::Service> MakeImportSourceService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<ImportSourceGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
