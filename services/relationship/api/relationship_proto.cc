#include "services/relationship/api/relationship_proto.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/relationship/api/partner_proto.h"
#include "services/relationship/api/timestamps.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

v1::Termination ToProto(const Termination& termination) {
  v1::Termination proto;
  proto.set_terminated_by(static_cast<v1::TerminatedBy>(termination.terminated_by));
  proto.set_reason(termination.reason);
  *proto.mutable_request_time() = ToTimestamp(termination.request_time);
  if (termination.end_time != absl::InfiniteFuture()) *proto.mutable_end_time() = ToTimestamp(termination.end_time);
  return proto;
}

type::v1::SagaProgress ToProto(const TerminationProgress& progress) {
  type::v1::SagaProgress proto;
  proto.set_attempt_count(progress.attempt_count);
  if (progress.next_attempt_time.has_value()) {
    *proto.mutable_next_attempt_time() = ToTimestamp(*progress.next_attempt_time);
  }
  proto.set_last_error(progress.last_error);
  return proto;
}

Establishment EstablishmentOf(const v1::CustomerRelationshipRequest& request, const market::Cloud& cloud) {
  Establishment wanted;
  wanted.partner = IdsOf(request.partner()).partner;
  wanted.customer = request.customer();
  wanted.origin = static_cast<RelationshipOrigin>(request.origin());
  wanted.established_by = request.established_by();
  wanted.country = request.country();
  for (const auto& tenant : request.directory_tenants()) wanted.directory_tenants.push_back(TenantOf(tenant, cloud));
  if (request.has_list_time()) wanted.list_time = FromTimestamp(request.list_time());
  return wanted;
}

}  // namespace

void Put(const CustomerRelationship& relationship, v1::CustomerRelationship& proto) {
  proto.set_name(CustomerRelationshipName(relationship.partner, relationship.customer));
  proto.set_kind(static_cast<v1::RelationshipKind>(relationship.kind));
  proto.set_state(static_cast<v1::RelationshipState>(relationship.state));
  proto.set_generation(relationship.generation);
  proto.set_region(relationship.region);
  proto.set_origin(static_cast<v1::RelationshipOrigin>(relationship.origin));
  proto.set_established_by(relationship.established_by);
  proto.set_termination_hold_count(relationship.hold_count);
  if (relationship.termination.has_value()) *proto.mutable_termination() = ToProto(*relationship.termination);
  if (relationship.progress.has_value()) *proto.mutable_progress() = ToProto(*relationship.progress);
  proto.set_revision(relationship.revision);
  proto.set_etag(EtagOf(relationship.revision));
  *proto.mutable_create_time() = ToTimestamp(relationship.create_time);
  *proto.mutable_update_time() = ToTimestamp(relationship.update_time);
  *proto.mutable_establish_time() = ToTimestamp(relationship.establish_time);
}

v1::CustomerRelationship ToProto(const CustomerRelationship& relationship) {
  v1::CustomerRelationship proto;
  Put(relationship, proto);
  return proto;
}

void Put(const TerminationHold& hold, v1::TerminationHold& proto) {
  proto.set_name(TerminationHoldName(hold.partner, hold.customer, hold.id));
  proto.set_kind(static_cast<v1::HoldKind>(hold.kind));
  proto.set_description(hold.description);
  proto.set_reporter(hold.reporter);
  proto.set_revision(hold.revision);
  proto.set_etag(EtagOf(hold.revision));
  *proto.mutable_create_time() = ToTimestamp(hold.create_time);
  *proto.mutable_update_time() = ToTimestamp(hold.update_time);
}

v1::TerminationHold ToProto(const TerminationHold& hold) {
  v1::TerminationHold proto;
  Put(hold, proto);
  return proto;
}

absl::StatusOr<std::vector<Establishment>> EstablishmentsOf(
    const google::protobuf::RepeatedPtrField<v1::CustomerRelationshipRequest>& requests, const market::Cloud& cloud) {
  std::vector<Establishment> wanted;
  std::vector<FieldViolation> violations;
  std::set<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < requests.size(); ++i) {
    const std::string field = absl::StrCat("relationships[", i, "]");
    if (!pairs.emplace(requests[i].partner(), requests[i].customer()).second) {
      violations.push_back({field, "this pair stands in the request before", "DUPLICATE", ""});
    }
    wanted.push_back(EstablishmentOf(requests[i], cloud));
  }
  if (absl::Status invalid = InvalidFields(violations); !invalid.ok()) return invalid;
  return wanted;
}

}  // namespace clientele::relationship
