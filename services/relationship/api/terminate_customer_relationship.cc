#include "services/relationship/api/terminate_customer_relationship.h"

#include <memory>
#include <utility>

#include "common/rpc/consistency.h"
#include "common/rpc/lane.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

// Nobody but the two sides has the permission.
TerminatedBy PartyOf(const auth::Principal& principal) {
  return principal.kind == auth::PrincipalKind::kCustomer ? TerminatedBy::kCustomer : TerminatedBy::kPartner;
}

// One call on its way through lane, saga and lane. It lives in the callbacks that are still to come.
class Ending : public std::enable_shared_from_this<Ending> {
 public:
  Ending(std::shared_ptr<rpc::Call> call, const std::string& name, rpc::Reply<v1::CustomerRelationship> reply,
         saga::Runner& runner, pg::Executor& executor)
      : call_(std::move(call)), reply_(std::move(reply)), runner_(runner), executor_(executor) {
    ResourceIds ids = IdsOf(name);
    key_ = {std::move(ids.partner), std::move(ids.customer)};
  }

  void Begin(const RelationshipStore& relationships, RelationshipStore::TerminationRequest request) {
    request.key = key_;
    request.terminated_by = PartyOf(call_->principal);
    request.owner = runner_.owner();
    rpc::OnLane(executor_, pg::Lane::kWrite, *call_, reply_,
                [self = shared_from_this(), &relationships, request](pg::Session& session) {
                  auto started = relationships.BeginTermination(session, self->call_->context, request);
                  if (!started.ok()) return self->reply_(started.status());
                  const pg::Begun& begun = started->begun;
                  if (begun.saga.empty()) return self->reply_(ToProto(started->relationship));
                  if (begun.mine) self->runner_.Begin(begun.saga);
                  self->Join(begun.saga);
                });
  }

 private:
  void Join(const std::string& saga) {
    runner_.Join(saga, call_->context.deadline, [self = shared_from_this()](const saga::Outcome& outcome) {
      rpc::Merge(outcome.consistency, self->call_->context.consistency);
      if (!outcome.status.ok()) return self->reply_(outcome.status);
      self->Read();
    });
  }

  void Read() {
    rpc::OnLane(executor_, pg::Lane::kRead, *call_, reply_, [self = shared_from_this()](pg::Session& session) {
      const auto relationship = RelationshipStore::Read(session, self->key_);
      if (!relationship.ok()) return self->reply_(relationship.status());
      self->reply_(ToProto(*relationship));
    });
  }

  const std::shared_ptr<rpc::Call> call_;
  const rpc::Reply<v1::CustomerRelationship> reply_;
  saga::Runner& runner_;
  pg::Executor& executor_;
  RelationshipKey key_;
};

}  // namespace

void TerminateCustomerRelationship(const std::shared_ptr<rpc::Call>& call,
                                   const std::shared_ptr<const v1::TerminateCustomerRelationshipRequest>& request,
                                   const rpc::Reply<v1::CustomerRelationship>& reply,
                                   const RelationshipStore& relationships, TerminationSaga saga, saga::Runner& runner,
                                   pg::Executor& executor) {
  RelationshipStore::TerminationRequest termination;
  termination.etag = request->etag();
  termination.reason = request->reason();
  termination.saga_kind = std::move(saga.kind);
  termination.saga_state = std::move(saga.first_state);
  std::make_shared<Ending>(call, request->name(), reply, runner, executor)
      ->Begin(relationships, std::move(termination));
}

}  // namespace clientele::relationship
