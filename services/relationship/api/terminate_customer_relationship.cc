#include "services/relationship/api/terminate_customer_relationship.h"

#include <memory>
#include <utility>

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
    Submit(pg::Lane::kWrite, [self = shared_from_this(), &relationships, request](pg::Session& session) {
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
      for (const auto& [service, position] : outcome.consistency) self->call_->context.consistency[service] = position;
      if (!outcome.status.ok()) return self->reply_(outcome.status);
      self->Read();
    });
  }

  void Read() {
    Submit(pg::Lane::kRead, [self = shared_from_this()](pg::Session& session) {
      const auto relationship = RelationshipStore::Read(session, self->key_);
      if (!relationship.ok()) return self->reply_(relationship.status());
      self->reply_(ToProto(*relationship));
    });
  }

  void Submit(pg::Lane lane, std::function<void(pg::Session&)> work) {
    pg::Job job;
    job.deadline = call_->context.deadline;
    job.abandoned = call_->abandoned;
    job.run = [self = shared_from_this(), work = std::move(work)](absl::StatusOr<pg::Session*> session) {
      if (!session.ok()) return self->reply_(session.status());
      work(**session);
    };
    if (absl::Status full = executor_.Submit(lane, std::move(job)); !full.ok()) reply_(full);
  }

  const std::shared_ptr<rpc::Call> call_;
  const rpc::Reply<v1::CustomerRelationship> reply_;
  saga::Runner& runner_;
  pg::Executor& executor_;
  RelationshipKey key_;
};

}  // namespace

rpc::Handler<v1::TerminateCustomerRelationshipRequest, v1::CustomerRelationship> TerminateCustomerRelationshipHandler(
    const RelationshipStore& relationships, TerminationSaga saga, saga::Runner& runner, pg::Executor& executor) {
  return rpc::Handler<v1::TerminateCustomerRelationshipRequest, v1::CustomerRelationship>::Async(
      [&relationships, saga = std::move(saga), &runner, &executor](
          std::shared_ptr<rpc::Call> call, std::shared_ptr<const v1::TerminateCustomerRelationshipRequest> request,
          rpc::Reply<v1::CustomerRelationship> reply) {
        RelationshipStore::TerminationRequest termination;
        termination.etag = request->etag();
        termination.reason = request->reason();
        termination.saga_kind = saga.kind;
        termination.saga_state = saga.first_state;
        std::make_shared<Ending>(std::move(call), request->name(), std::move(reply), runner, executor)
            ->Begin(relationships, std::move(termination));
      });
}

}  // namespace clientele::relationship
