#include "services/relationship/workflows/termination.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clientele/relationship/internal/v1/termination.pb.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/obs/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/consistency.h"
#include "common/rpc/rules.h"
#include "services/relationship/api/relationship_proto.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

using internal::v1::TerminationState;

// Indices in the definition's steps.
constexpr int kCancelStep = 1;
constexpr int kFinishStep = 2;
// What one CancelCustomerInvitations takes.
constexpr int kMaxDomains = 100;
constexpr int kMaxTenants = 20;

TerminationState StateOf(const saga::Run& run) {
  TerminationState state;
  state.ParseFromString(run.state);
  return state;
}

bool HasMore(const TerminationState& state) { return state.domains_size() > 0 || state.directory_tenants_size() > 0; }

// An account that is not there needs no end, and nobody is known whose invitations to cancel.
void EndAccount(const Accounts& accounts, const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
  const TerminationState state = StateOf(*run);
  customer::v1::EndCustomerAccountRequest request;
  *request.mutable_customer_relationship() = state.customer_relationship();
  *request.mutable_end_time() = state.customer_relationship().termination().request_time();
  request.set_request_id(run->call.request_id);
  accounts.Call(&Accounts::Stub::PrepareAsyncEndCustomerAccount, run->call, run->call.deadline, request,
                [run, done](absl::StatusOr<customer::v1::Customer> customer, const Consistency& seen) {
                  rpc::Merge(seen, run->call.consistency);
                  if (absl::IsNotFound(customer.status())) return done(saga::StepResult::GoTo(kFinishStep));
                  if (!customer.ok()) return done(saga::StepResult::Retry(customer.status()));
                  TerminationState next = StateOf(*run);
                  // An organisation may be known by its tenants alone.
                  if (!customer->primary_domain().empty()) next.add_domains(customer->primary_domain());
                  next.mutable_domains()->MergeFrom(customer->custom_domains());
                  *next.mutable_directory_tenants() = customer->directory_tenants();
                  run->state = next.SerializeAsString();
                  done(HasMore(next) ? saga::StepResult::Next() : saga::StepResult::GoTo(kFinishStep));
                });
}

// The next portion of what is to be cancelled, taken out of `state`.
invitation::v1::CancelCustomerInvitationsRequest TakePortion(TerminationState& state, const std::string& request_id) {
  invitation::v1::CancelCustomerInvitationsRequest request;
  request.set_partner(PartnerName(IdsOf(state.customer_relationship().name()).partner));
  const int domains = std::min(state.domains_size(), kMaxDomains);
  request.mutable_domains()->Add(state.domains().begin(), state.domains().begin() + domains);
  state.mutable_domains()->DeleteSubrange(0, domains);
  const int tenants = std::min(state.directory_tenants_size(), kMaxTenants);
  request.mutable_directory_tenants()->Add(state.directory_tenants().begin(),
                                           state.directory_tenants().begin() + tenants);
  state.mutable_directory_tenants()->DeleteSubrange(0, tenants);
  // The step's id is the same for each portion: theirs are made from it.
  const Uuid step = Uuid::Parse(request_id).value_or(Uuid());
  request.set_request_id(Uuid::V5(step, absl::StrCat("portion/", state.portion())).ToString());
  state.set_portion(state.portion() + 1);
  return request;
}

// An acceptance meets TERMINATING as long as this waits for it, and so is refused, or ends before the relationship
// does.
bool MustWait(const absl::Status& cancelled) {
  return saga::IsTransient(cancelled) || ReasonOf(cancelled) == "INVITATION_BEING_ACCEPTED";
}

// Once for each portion.
void CancelInvitations(const Invitations& invitations, const std::shared_ptr<saga::Run>& run,
                       const saga::StepDone& done) {
  TerminationState next = StateOf(*run);
  const invitation::v1::CancelCustomerInvitationsRequest request = TakePortion(next, run->call.request_id);
  invitations.Call(&Invitations::Stub::PrepareAsyncCancelCustomerInvitations, run->call, run->call.deadline, request,
                   [run, done, next](absl::StatusOr<invitation::v1::CancelCustomerInvitationsResponse> cancelled,
                                     const Consistency& seen) {
                     rpc::Merge(seen, run->call.consistency);
                     if (MustWait(cancelled.status())) return done(saga::StepResult::Retry(cancelled.status()));
                     if (!cancelled.ok()) {
                       // Invitations that stay open hurt less than a relationship that never ends.
                       obs::Log(obs::Level::kError, "the invitations of an ended relationship were not cancelled",
                                {{"saga", run->id}, {"reason", ReasonOf(cancelled.status())}});
                     }
                     run->state = next.SerializeAsString();
                     done(HasMore(next) ? saga::StepResult::GoTo(kCancelStep) : saga::StepResult::Next());
                   });
}

saga::StepResult Finish(const RelationshipStore& relationships, pg::Session& session, saga::Run& run) {
  const ResourceIds ids = IdsOf(run.subject);
  const absl::Status status = relationships.FinishTermination(session, run.call, {ids.partner, ids.customer}, run.id);
  return status.ok() ? saga::StepResult::Done(status) : saga::StepResult::Retry(status);
}

}  // namespace

std::string FirstTerminationState(const CustomerRelationship& relationship) {
  TerminationState state;
  *state.mutable_customer_relationship() = ToProto(relationship);
  rpc::ClearPersonal(*state.mutable_customer_relationship());
  return state.SerializeAsString();
}

saga::Definition TerminationDefinition(const Accounts& accounts, const Invitations& invitations,
                                       const RelationshipStore& relationships) {
  return {kTerminationKind,
          {{"end_account", nullptr,
            [accounts](const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
              EndAccount(accounts, run, done);
            }},
           {"cancel_invitations", nullptr,
            [invitations](const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
              CancelInvitations(invitations, run, done);
            }},
           {"finish",
            [&relationships](pg::Session& session, saga::Run& run) { return Finish(relationships, session, run); },
            nullptr}}};
}

}  // namespace clientele::relationship
