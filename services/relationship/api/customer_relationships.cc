#include "services/relationship/api/customer_relationships.h"

#include <memory>
#include <utility>

#include "common/core/error.h"
#include "common/rpc/answer_one.h"
#include "common/rpc/list.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {

void GetCustomerRelationship(const std::shared_ptr<rpc::Call>& call,
                             const std::shared_ptr<const v1::GetCustomerRelationshipRequest>& request,
                             const rpc::Reply<v1::CustomerRelationship>& reply, RelationshipReads& reads) {
  const ResourceIds ids = IdsOf(request->name());
  rpc::AnswerOne(reads, RelationshipKey(ids.partner, ids.customer), *call, reply,
                 [request](const CustomerRelationship* found) -> absl::StatusOr<v1::CustomerRelationship> {
                   if (found == nullptr) return CustomerRelationshipNotFound(request->name());
                   return ToProto(*found);
                 });
}

absl::Status ListCustomerRelationships(pg::Session& session, rpc::Call& call,
                                       const v1::ListCustomerRelationshipsRequest& request,
                                       v1::ListCustomerRelationshipsResponse& response, const rpc::PageTokens& tokens) {
  const auto wanted = rpc::PageOf(call, request, RelationshipListing(), tokens);
  if (!wanted.ok()) return wanted.status();
  const auto page = RelationshipStore::List(session, IdsOf(request.parent()).partner, *wanted);
  if (!page.ok()) return page.status();
  for (const auto& relationship : *page) Put(relationship, *response.add_customer_relationships());
  response.set_next_page_token(tokens.Encode(request, page->next()));
  return absl::OkStatus();
}

absl::StatusOr<v1::EstablishCustomerRelationshipsResponse> EstablishCustomerRelationships(
    pg::Session& session, rpc::Call& call, const v1::EstablishCustomerRelationshipsRequest& request,
    const EstablishStore& relationships, const market::Cloud& cloud) {
  const auto wanted = EstablishmentsOf(request.relationships(), cloud);
  if (!wanted.ok()) return wanted.status();
  const auto outcomes = relationships.Establish(session, call.context, *wanted);
  if (!outcomes.ok()) return outcomes.status();
  v1::EstablishCustomerRelationshipsResponse response;
  for (const auto& outcome : *outcomes) {
    v1::EstablishOutcome& answer = *response.add_outcomes();
    if (outcome.ok()) {
      *answer.mutable_customer_relationship() = ToProto(outcome->relationship);
      answer.set_already_stood(outcome->already_stood);
    } else {
      answer.mutable_error()->ParseFromString(SerializeStatus(outcome.status()));
    }
  }
  return response;
}

absl::StatusOr<v1::CustomerRelationship> WithdrawCustomerRelationship(
    pg::Session& session, rpc::Call& call, const v1::WithdrawCustomerRelationshipRequest& request,
    const RelationshipStore& relationships) {
  const ResourceIds ids = IdsOf(request.name());
  const auto relationship =
      relationships.Withdraw(session, call.context, {ids.partner, ids.customer}, request.generation());
  if (!relationship.ok()) return relationship.status();
  return ToProto(*relationship);
}

}  // namespace clientele::relationship
