#include "clientele/customer/v1/import_source_service.grpc.pb.h"
#include "common/rpc/serve.h"
#include "services/customer/api/grpc_services.h"
#include "services/customer/api/import_sources.h"

namespace clientele::customer {
namespace {

class ImportSourceGrpc final : public rpc::Service {
 public:
  ImportSourceGrpc(rpc::Dispatcher& dispatcher, const Parts& parts)
      : Service(v1::ImportSourceService::service_full_name(), dispatcher), parts_(parts) {
    Serve("CreateImportSource",
          rpc::OnWorker(&customer::CreateImportSource, parts_.sources).Checking(&CheckCreateImportSource));
    Serve("GetImportSource", rpc::OnWorker(&customer::GetImportSource, parts_.sources));
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<rpc::AsyncService> MakeImportSourceService(rpc::Dispatcher& dispatcher, const Parts& parts) {
  return std::make_unique<ImportSourceGrpc>(dispatcher, parts);
}

}  // namespace clientele::customer
