#include "services/invitation/workflows/accept_saga.h"

#include <memory>
#include <utility>

#include "clientele/invitation/internal/v1/acceptance.pb.h"
#include "common/core/error.h"
#include "common/obs/log.h"
#include "common/rpc/consistency.h"
#include "services/invitation/domain/acceptance.h"

namespace clientele::invitation {
namespace {

using State = internal::v1::Acceptance;
using saga::Run;
using saga::StepDone;
using saga::StepResult;

constexpr char kKind[] = "invitation.accept";
// Step numbers; they stand in saga rows, so they never change their meaning.
enum { kResolve, kEstablish, kUpsert, kComplete, kReopen, kWithdraw };
constexpr absl::Duration kStepDeadline = absl::Seconds(5);
constexpr size_t kMaxDomains = 20;

absl::Time StepDeadline() { return SystemClock().Now() + kStepDeadline; }

State StateOf(const Run& run) {
  State state;
  state.ParseFromString(run.state);
  return state;
}

// A refusal for good goes back, with what this saga made; anything else is tried again.
StepResult Refused(Run& run, const absl::Status& refusal) {
  if (saga::IsTransient(refusal)) return StepResult::Retry(refusal);
  State state = StateOf(run);
  state.mutable_refusal()->ParseFromString(SerializeStatus(refusal));
  run.state = state.SerializeAsString();
  return StepResult::GoTo(state.established() ? kWithdraw : kReopen);
}

void Resolve(const Peers& peers, const std::shared_ptr<Run>& run, const StepDone& done) {
  const State state = StateOf(*run);
  customer::v1::ResolveOrganizationRequest request;
  *request.mutable_directory_tenant() = state.directory_tenant();
  *request.mutable_domains() = state.domains();
  request.set_reserve(true);
  request.set_partner(PartnerName(state.partner()));
  request.set_request_id(run->call.request_id);
  peers.resolve_organization(
      run->call, StepDeadline(), request,
      [run, done](const absl::StatusOr<customer::v1::ResolveOrganizationResponse>& answer, const Consistency& seen) {
        rpc::Merge(seen, run->call.consistency);
        if (!answer.ok()) return done(Refused(*run, answer.status()));
        State next = StateOf(*run);
        next.set_customer(answer->customer());
        *next.mutable_directory_tenants() = answer->directory_tenants();
        run->state = next.SerializeAsString();
        done(StepResult::Next());
      });
}

StepResult Established(Run& run,
                       const absl::StatusOr<relationship::v1::EstablishCustomerRelationshipsResponse>& answer) {
  if (!answer.ok()) return Refused(run, answer.status());
  if (answer->outcomes_size() != 1) return StepResult::Retry(absl::InternalError("one relationship, another outcome"));
  const relationship::v1::EstablishOutcome& outcome = answer->outcomes(0);
  if (outcome.has_error()) return Refused(run, ParseStatus(outcome.error().SerializeAsString()));
  State state = StateOf(run);
  *state.mutable_customer_relationship() = outcome.customer_relationship();
  state.set_established(!outcome.already_stood());
  run.state = state.SerializeAsString();
  return StepResult::Next();
}

void Establish(const Peers& peers, const std::shared_ptr<Run>& run, const StepDone& done) {
  const State state = StateOf(*run);
  relationship::v1::EstablishCustomerRelationshipsRequest request;
  relationship::v1::CustomerRelationshipRequest& wanted = *request.add_relationships();
  wanted.set_partner(PartnerName(state.partner()));
  wanted.set_customer(state.customer());
  wanted.set_origin(relationship::v1::RELATIONSHIP_ORIGIN_INVITATION);
  wanted.set_established_by(InvitationName(state.partner(), state.invitation()));
  wanted.set_country(state.country());
  *wanted.mutable_directory_tenants() = state.directory_tenants();
  request.set_request_id(run->call.request_id);
  peers.establish_relationships(
      run->call, StepDeadline(), request,
      [run, done](const absl::StatusOr<relationship::v1::EstablishCustomerRelationshipsResponse>& answer,
                  const Consistency& seen) {
        rpc::Merge(seen, run->call.consistency);
        done(Established(*run, answer));
      });
}

void Upsert(const Peers& peers, const std::shared_ptr<Run>& run, const StepDone& done) {
  const State state = StateOf(*run);
  customer::v1::UpsertCustomerAccountRequest request;
  *request.mutable_customer_relationship() = state.customer_relationship();
  request.set_company_name(state.company_name());
  request.set_country(state.country());
  *request.mutable_agreement() = state.agreement();
  request.set_request_id(run->call.request_id);
  peers.upsert_account(run->call, StepDeadline(), request,
                       [run, done](const absl::StatusOr<customer::v1::Customer>& answer, const Consistency& seen) {
                         rpc::Merge(seen, run->call.consistency);
                         done(answer.ok() ? StepResult::Next() : Refused(*run, answer.status()));
                       });
}

// A withdrawal is told what stands already where the partner or the customer was there first.
bool EndedByOthers(const relationship::v1::CustomerRelationship& relationship, int64_t generation) {
  return relationship.generation() == generation &&
         relationship.termination().terminated_by() != relationship::v1::TERMINATED_BY_SYSTEM;
}

void Withdraw(const Peers& peers, const std::shared_ptr<Run>& run, const StepDone& done) {
  const State state = StateOf(*run);
  relationship::v1::WithdrawCustomerRelationshipRequest request;
  request.set_name(state.customer_relationship().name());
  request.set_generation(state.customer_relationship().generation());
  request.set_request_id(run->call.request_id);
  peers.withdraw_relationship(
      run->call, StepDeadline(), request,
      [run, done](const absl::StatusOr<relationship::v1::CustomerRelationship>& answer, const Consistency& seen) {
        rpc::Merge(seen, run->call.consistency);
        if (answer.ok()) {
          State next = StateOf(*run);
          next.set_relationship_ended(EndedByOthers(*answer, next.customer_relationship().generation()));
          run->state = next.SerializeAsString();
          return done(StepResult::GoTo(kReopen));
        }
        // A way back has no way back: even a refusal (a hold came in between) is tried again, and told.
        if (!saga::IsTransient(answer.status())) {
          obs::Log(obs::Level::kError, "a relationship waits to be taken back",
                   {{"saga", run->id}, {"reason", ReasonOf(answer.status())}});
        }
        done(StepResult::Retry(answer.status()));
      });
}

// Writes the invitation's last change; `outcome` is what the caller is told then.
StepResult Finish(const InvitationStore& invitations, pg::Session& session, Run& run, const absl::Status& outcome,
                  std::function<absl::StatusOr<Revision<Invitation>>(const InvitationFacts&)> decide) {
  InvitationStore::Command command;
  command.reference.invitation = StateOf(run).invitation();
  command.decide = std::move(decide);
  const absl::Status written = invitations.Change(session, run.call, command).status();
  // Left ACCEPTING already: an earlier try of this step was committed.
  if (written.ok() || absl::IsFailedPrecondition(written)) return StepResult::Done(outcome);
  return saga::IsTransient(written) ? StepResult::Retry(written) : StepResult::Done(written);
}

StepResult Complete(const InvitationStore& invitations, const Clock& clock, pg::Session& session, Run& run) {
  return Finish(invitations, session, run, absl::OkStatus(), [&](const InvitationFacts& facts) {
    return CompleteAcceptance(facts.invitation, StateOf(run).customer_relationship().name(), clock.Now());
  });
}

StepResult Reopen(const InvitationStore& invitations, const Clock& clock, pg::Session& session, Run& run) {
  const State state = StateOf(run);
  const absl::Status refusal = ParseStatus(state.refusal().SerializeAsString());
  return Finish(invitations, session, run, refusal, [&](const InvitationFacts& facts) {
    return ReopenAfterRefusal(facts.invitation, refusal, state.relationship_ended(), clock.Now());
  });
}

void PutAgreement(const Agreement& agreement, type::v1::Agreement& message) {
  message.set_template_id(agreement.template_id);
  message.set_date_agreed(agreement.date_agreed);
  type::v1::Contact& contact = *message.mutable_primary_contact();
  contact.set_first_name(agreement.first_name);
  contact.set_last_name(agreement.last_name);
  contact.set_email(agreement.email);
  contact.set_phone_number(agreement.phone_number);
}

}  // namespace

saga::Definition AcceptSaga(const InvitationStore& invitations, const Peers& peers, const Clock& clock) {
  saga::Definition definition;
  definition.kind = kKind;
  definition.steps = {
      {"resolve", nullptr,
       [peers](const std::shared_ptr<Run>& run, const StepDone& done) { Resolve(peers, run, done); }},
      {"establish", nullptr,
       [peers](const std::shared_ptr<Run>& run, const StepDone& done) { Establish(peers, run, done); }},
      {"upsert", nullptr, [peers](const std::shared_ptr<Run>& run, const StepDone& done) { Upsert(peers, run, done); }},
      {"complete",
       [&invitations, &clock](pg::Session& session, Run& run) { return Complete(invitations, clock, session, run); },
       nullptr},
      {"reopen",
       [&invitations, &clock](pg::Session& session, Run& run) { return Reopen(invitations, clock, session, run); },
       nullptr},
      {"withdraw", nullptr,
       [peers](const std::shared_ptr<Run>& run, const StepDone& done) { Withdraw(peers, run, done); }},
  };
  return definition;
}

StartAcceptance StartAcceptSaga(const std::string& owner, const market::Cloud& cloud) {
  return [owner, &cloud](const Invitation& accepting, const Acceptance& acceptance, const Invitee& invitee) {
    State state;
    state.set_invitation(accepting.id);
    state.set_partner(accepting.partner);
    state.mutable_directory_tenant()->set_issuer(invitee.directory_tenant.issuer);
    state.mutable_directory_tenant()->set_tenant_id(invitee.directory_tenant.tenant_id);
    for (const std::string& domain : OrganizationDomains(accepting.target, invitee, cloud, kMaxDomains)) {
      state.add_domains(domain);
    }
    state.set_company_name(acceptance.company_name);
    state.set_country(acceptance.country);
    if (acceptance.agreement.has_value()) PutAgreement(*acceptance.agreement, *state.mutable_agreement());
    return pg::SagaStart{"", kKind, NameOf(accepting), state.SerializeAsString(), owner};
  };
}

}  // namespace clientele::invitation
