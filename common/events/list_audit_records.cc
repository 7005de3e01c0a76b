#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/events/feed_service.h"
#include "common/pg/list_query.h"
#include "common/rpc/list.h"

namespace clientele::events {
namespace {

using audit::v1::ListAuditRecordsRequest;
using audit::v1::ListAuditRecordsResponse;

constexpr char kAllPartners[] = "partners/-";

const pg::Listing& AuditListing() {
  using pg::FieldType;
  static const auto* const listing =
      new pg::Listing{{{"actor", {"actor", FieldType::kText, true}},
                       {"operation", {"operation", FieldType::kText, true}},
                       {"resource", {"resource", FieldType::kText, true}},
                       {"create_time", {"create_time", FieldType::kTime}}},
                      {{"create_time", {{"create_time", FieldType::kTime}, {"id", FieldType::kUuid}}}},
                      "create_time desc"};
  return *listing;
}

pg::ListQuery QueryFor(const std::string& parent) {
  pg::ListQuery query;
  query.columns =
      "id, partner, create_time, actor, on_behalf_of, operation, resource, revision, changed_fields, method, "
      "request_id, trace_id";
  query.from = "FROM audit_record";
  if (parent != kAllPartners) {
    query.where = "partner = $1";
    query.params.Text(parent);
  }
  return query;
}

audit::v1::AuditRecord ReadRecord(pg::RowReader& reader) {
  audit::v1::AuditRecord record;
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
  return record;
}

absl::StatusOr<ListAuditRecordsResponse> ListAuditRecords(pg::Session& session, rpc::Call& call,
                                                          const ListAuditRecordsRequest& request,
                                                          const rpc::PageTokens& tokens) {
  const auto wanted = rpc::PageOf(call, request, AuditListing(), tokens);
  if (!wanted.ok()) return wanted.status();
  const auto page = pg::ReadPage(session, QueryFor(request.parent()), *wanted, ReadRecord);
  if (!page.ok()) return page.status();
  ListAuditRecordsResponse response;
  for (audit::v1::AuditRecord record : *page) *response.add_audit_records() = std::move(record);
  response.set_next_page_token(tokens.Encode(request, page->next()));
  return response;
}

}  // namespace

rpc::Handler<ListAuditRecordsRequest, ListAuditRecordsResponse> ListAuditRecordsHandler(const rpc::PageTokens& tokens) {
  return rpc::OnWorker(&ListAuditRecords, tokens);
}

}  // namespace clientele::events
