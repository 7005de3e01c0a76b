#include "services/customer/api/import_sources.h"

#include "common/core/error.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/domain/names.h"

namespace clientele::customer {
namespace {

ImportSource SourceOf(const v1::CreateImportSourceRequest& request) {
  const v1::ImportSource& wanted = request.import_source();
  ImportSource source;
  source.id = request.import_source_id();
  source.portal = wanted.portal();
  source.principal = wanted.principal();
  for (const std::string& partner : wanted.partners()) source.partners.push_back(LastSegment(partner));
  source.tenant_issuer = wanted.tenant_issuer();
  return source;
}

}  // namespace

absl::Status CheckCreateImportSource(const rpc::Call&, const v1::CreateImportSourceRequest& request) {
  return CheckNewSource(SourceOf(request));
}

absl::StatusOr<v1::ImportSource> CreateImportSource(pg::Session& session, rpc::Call& call,
                                                    const v1::CreateImportSourceRequest& request,
                                                    const ImportSourceStore& sources) {
  ImportSource source = SourceOf(request);
  source.create_time = call.now();
  if (absl::Status status = CheckNewSource(source); !status.ok()) return status;
  const absl::StatusOr<ImportSource> created = sources.Create(session, call.context, source);
  if (!created.ok()) return created.status();
  return ToProto(*created);
}

absl::StatusOr<v1::ImportSource> GetImportSource(pg::Session& session, rpc::Call&,
                                                 const v1::GetImportSourceRequest& request,
                                                 const ImportSourceStore& sources) {
  const auto source = sources.Find(session, LastSegment(request.name()));
  if (!source.ok()) return source.status();
  if (!source->has_value()) return NotFound("IMPORT_SOURCE", request.name());
  return ToProto(**source);
}

}  // namespace clientele::customer
