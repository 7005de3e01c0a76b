#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/events/feed_service.h"
#include "common/pg/list_query.h"
#include "common/rpc/filter.h"

namespace clientele::events {
namespace {

using audit::v1::ListAuditRecordsRequest;
using audit::v1::ListAuditRecordsResponse;

constexpr char kAllPartners[] = "partners/-";

const pg::ListFields& FilterFields() {
  static const pg::ListFields& fields = *new pg::ListFields{
      {"actor", {"actor", pg::FieldType::kText, true, {}, nullptr}},
      {"operation", {"operation", pg::FieldType::kText, true, {}, nullptr}},
      {"resource", {"resource", pg::FieldType::kText, true, {}, nullptr}},
      {"create_time", {"create_time", pg::FieldType::kTime, false, {}, nullptr}},
  };
  return fields;
}

pg::ListQuery QueryFor(const ListAuditRecordsRequest& request) {
  pg::ListQuery query;
  query.select =
      "SELECT id, partner, create_time, actor, on_behalf_of, operation, resource, revision, changed_fields, method, "
      "request_id, trace_id FROM audit_record";
  if (request.parent() != kAllPartners) {
    query.where = "partner = $1";
    query.params.Text(request.parent());
  }
  query.order = {{"create_time", pg::FieldType::kTime, true}, {"id", pg::FieldType::kUuid, true}};
  query.limit = rpc::PageSize(request.page_size()) + 1;
  return query;
}

void Decode(const pg::Rows& rows, int row, audit::v1::AuditRecord& record) {
  pg::RowReader reader(rows, row);
  const std::string id = reader.Text();
  const std::string partner = reader.Text();
  record.set_name(absl::StrCat(partner.empty() ? kAllPartners : partner, "/auditRecords/", id));
  const absl::Time time = reader.Time();
  record.mutable_create_time()->set_seconds(absl::ToUnixSeconds(time));
  record.mutable_create_time()->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(absl::ToUnixSeconds(time)))));
  record.set_actor(reader.Text());
  record.set_on_behalf_of(reader.Text());
  record.set_operation(reader.Text());
  record.set_resource(reader.Text());
  record.set_revision(reader.Int());
  const std::vector<std::string> changed_fields = reader.TextArray();
  record.mutable_changed_fields()->Add(changed_fields.begin(), changed_fields.end());
  record.set_method(reader.Text());
  record.set_request_id(reader.Text());
  record.set_trace_id(reader.Text());
}

absl::StatusOr<ListAuditRecordsResponse> ListAuditRecords(pg::Session& session, const ListAuditRecordsRequest& request,
                                                          const rpc::PageTokens& tokens) {
  pg::ListQuery query = QueryFor(request);
  absl::StatusOr<pg::Predicate> filter = rpc::ParseFilter(request.filter(), FilterFields());
  if (!filter.ok()) return filter.status();
  query.filter = *std::move(filter);
  absl::StatusOr<std::vector<std::string>> after = tokens.Decode(request);
  if (!after.ok()) return after.status();
  query.after = *std::move(after);

  const pg::BuiltQuery built = pg::Build(query);
  absl::StatusOr<pg::Rows> rows = session.ReadDynamic(built.sql, built.params);
  if (!rows.ok()) return rows.status();
  const int page_size = query.limit - 1;
  ListAuditRecordsResponse response;
  for (int row = 0; row < rows->size() && row < page_size; ++row) Decode(*rows, row, *response.add_audit_records());
  if (rows->size() > page_size) {
    const int last = page_size - 1;
    response.set_next_page_token(
        tokens.Encode(request, {std::string(rows->Text(last, 2)), std::string(rows->Text(last, 0))}));
  }
  return response;
}

}  // namespace

rpc::Handler<ListAuditRecordsRequest, ListAuditRecordsResponse> ListAuditRecordsHandler(const rpc::PageTokens& tokens) {
  return rpc::Handler<ListAuditRecordsRequest, ListAuditRecordsResponse>::OnWorker(
      [&tokens](pg::Session& session, rpc::Call&, const ListAuditRecordsRequest& request) {
        return ListAuditRecords(session, request, tokens);
      });
}

}  // namespace clientele::events
