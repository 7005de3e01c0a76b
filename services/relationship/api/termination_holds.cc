#include "services/relationship/api/termination_holds.h"

#include "common/rpc/list.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {

absl::StatusOr<v1::TerminationHold> UpsertTerminationHold(pg::Session& session, rpc::Call& call,
                                                          const v1::UpsertTerminationHoldRequest& request,
                                                          const HoldStore& holds) {
  const v1::TerminationHold& wanted = request.termination_hold();
  const ResourceIds ids = IdsOf(wanted.name());
  const auto hold = holds.Upsert(session, call.context, {ids.partner, ids.customer},
                                 {ids.hold, static_cast<HoldKind>(wanted.kind()), wanted.description(), wanted.etag()});
  if (!hold.ok()) return hold.status();
  return ToProto(*hold);
}

absl::StatusOr<google::protobuf::Empty> DeleteTerminationHold(pg::Session& session, rpc::Call& call,
                                                              const v1::DeleteTerminationHoldRequest& request,
                                                              const HoldStore& holds) {
  const ResourceIds ids = IdsOf(request.name());
  const HoldRemoval removal{request.etag(), call.principal.kind == auth::PrincipalKind::kOperator};
  const absl::Status status = holds.Delete(session, call.context, {ids.partner, ids.customer}, ids.hold, removal);
  if (!status.ok()) return status;
  return google::protobuf::Empty();
}

absl::Status ListTerminationHolds(pg::Session& session, rpc::Call& call, const v1::ListTerminationHoldsRequest& request,
                                  v1::ListTerminationHoldsResponse& response, const rpc::PageTokens& tokens) {
  const auto wanted = rpc::PageOf(call, request, HoldListing(), tokens);
  if (!wanted.ok()) return wanted.status();
  const ResourceIds ids = IdsOf(request.parent());
  const auto page = HoldStore::List(session, {ids.partner, ids.customer}, *wanted);
  if (!page.ok()) return page.status();
  for (const TerminationHold& hold : *page) Put(hold, *response.add_termination_holds());
  response.set_next_page_token(tokens.Encode(request, page->next()));
  return absl::OkStatus();
}

}  // namespace clientele::relationship
