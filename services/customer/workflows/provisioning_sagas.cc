#include "services/customer/workflows/provisioning_sagas.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/core/error.h"
#include "common/rpc/consistency.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/saga_state.h"

namespace clientele::customer {
namespace {

using internal::v1::Answer;
using internal::v1::CreateCustomerState;
using internal::v1::ImportCustomersState;
using internal::v1::ImportedRow;
using saga::StepResult;

constexpr int kRemoveStep = 2;  // of a creation

absl::Status Unreadable() { return absl::InternalError("the saga's state cannot be read"); }

template <class Wanted>
void AddRequest(const std::string& partner, relationship::v1::RelationshipOrigin origin, const Wanted& wanted,
                EstablishRequest& request) {
  relationship::v1::CustomerRelationshipRequest& one = *request.add_relationships();
  one.set_partner(PartnerName(partner));
  one.set_customer(wanted.customer());
  one.set_origin(origin);
  one.set_country(wanted.country());
  *one.mutable_directory_tenants() = wanted.directory_tenants();
}

// Keeps what the answers say in `places`, one each. Not ok where the whole is to be asked again.
absl::Status KeepAnswers(const absl::StatusOr<EstablishResponse>& response, const std::vector<Answer*>& places) {
  if (!response.ok()) {
    if (saga::IsTransient(response.status())) return response.status();
    for (Answer* place : places) place->mutable_refusal()->ParseFromString(SerializeStatus(response.status()));
    return absl::OkStatus();
  }
  if (response->outcomes_size() != static_cast<int>(places.size())) {
    return absl::InternalError("relationship-service answered another number of outcomes");
  }
  for (size_t i = 0; i < places.size(); ++i) {
    const relationship::v1::EstablishOutcome& outcome = response->outcomes(static_cast<int>(i));
    if (outcome.has_customer_relationship()) {
      *places[i]->mutable_customer_relationship() = outcome.customer_relationship();
      continue;
    }
    const absl::Status refusal = ParseStatus(outcome.error().SerializeAsString());
    if (refusal.ok() || saga::IsTransient(refusal)) {
      return refusal.ok() ? absl::InternalError("an outcome is neither relationship nor error") : refusal;
    }
    *places[i]->mutable_refusal() = outcome.error();
  }
  return absl::OkStatus();
}

Settlement SettlementOf(const std::string& customer, const Answer& answer) {
  if (!answer.has_customer_relationship()) return {customer, std::nullopt};
  return {customer, FromProto(answer.customer_relationship())};
}

void AskForCreation(const Establish& establish, const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
  auto state = std::make_shared<CreateCustomerState>();
  if (!state->ParseFromString(run->state)) return done(StepResult::Retry(Unreadable()));
  EstablishRequest request;
  request.set_request_id(run->call.request_id);
  AddRequest(state->partner(), relationship::v1::RELATIONSHIP_ORIGIN_CREATE, *state, request);
  establish(run->call, request,
            [run, state, done](const absl::StatusOr<EstablishResponse>& response, const Consistency& seen) {
              rpc::Merge(seen, run->call.consistency);
              if (absl::Status status = KeepAnswers(response, {state->mutable_answer()}); !status.ok()) {
                return done(StepResult::Retry(std::move(status)));
              }
              run->state = state->SerializeAsString();
              done(state->answer().has_refusal() ? StepResult::GoTo(kRemoveStep) : StepResult::Next());
            });
}

StepResult ActivateCreated(const ProvisioningStore& store, pg::Session& session, saga::Run& run) {
  CreateCustomerState state;
  if (!state.ParseFromString(run.state)) return StepResult::Retry(Unreadable());
  absl::Status status =
      store.Settle(session, run.call, state.partner(), run.id, {SettlementOf(state.customer(), state.answer())});
  if (!status.ok()) return StepResult::Retry(std::move(status));
  return StepResult::Done(absl::OkStatus());
}

StepResult RemoveRefused(const ProvisioningStore& store, pg::Session& session, saga::Run& run) {
  CreateCustomerState state;
  if (!state.ParseFromString(run.state)) return StepResult::Retry(Unreadable());
  absl::Status status = store.Settle(session, run.call, state.partner(), run.id, {{state.customer(), std::nullopt}});
  if (!status.ok()) return StepResult::Retry(std::move(status));
  return StepResult::Done(ParseStatus(state.answer().refusal().SerializeAsString()));
}

void AskForImport(const Establish& establish, const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
  auto state = std::make_shared<ImportCustomersState>();
  if (!state->ParseFromString(run->state)) return done(StepResult::Retry(Unreadable()));
  EstablishRequest request;
  request.set_request_id(run->call.request_id);
  std::vector<Answer*> places;
  for (ImportedRow& row : *state->mutable_rows()) {
    AddRequest(state->partner(), relationship::v1::RELATIONSHIP_ORIGIN_IMPORT, row, request);
    auto& added = *request.mutable_relationships(request.relationships_size() - 1);
    added.set_established_by(state->source());
    if (state->has_list_time()) *added.mutable_list_time() = state->list_time();
    places.push_back(row.mutable_answer());
  }
  establish(run->call, request,
            [run, state, places, done](const absl::StatusOr<EstablishResponse>& response, const Consistency& seen) {
              rpc::Merge(seen, run->call.consistency);
              if (absl::Status status = KeepAnswers(response, places); !status.ok()) {
                return done(StepResult::Retry(std::move(status)));
              }
              run->state = state->SerializeAsString();
              done(StepResult::Next());
            });
}

StepResult SettleImport(const ProvisioningStore& store, pg::Session& session, saga::Run& run) {
  ImportCustomersState state;
  if (!state.ParseFromString(run.state)) return StepResult::Retry(Unreadable());
  std::vector<Settlement> settlements;
  internal::v1::RefusedRows refused;
  for (const ImportedRow& row : state.rows()) {
    settlements.push_back(SettlementOf(row.customer(), row.answer()));
    if (!row.answer().has_refusal()) continue;
    internal::v1::RefusedRow& one = *refused.add_rows();
    one.set_row(row.row());
    *one.mutable_refusal() = row.answer().refusal();
  }
  absl::Status status = store.Settle(session, run.call, state.partner(), run.id, settlements);
  if (!status.ok()) return StepResult::Retry(std::move(status));
  return StepResult::Done(refused.rows_size() == 0 ? absl::OkStatus() : RowsRefused(refused, state.rows_size()));
}

}  // namespace

saga::Definition CreateCustomerSaga(const ProvisioningStore& store, Establish establish) {
  saga::Step ask{"establish", nullptr,
                 [establish = std::move(establish)](const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
                   AskForCreation(establish, run, done);
                 }};
  saga::Step activate{"activate",
                      [&store](pg::Session& session, saga::Run& run) { return ActivateCreated(store, session, run); },
                      nullptr};
  saga::Step remove{
      "remove", [&store](pg::Session& session, saga::Run& run) { return RemoveRefused(store, session, run); }, nullptr};
  return {kCreateSaga, {std::move(ask), std::move(activate), std::move(remove)}};
}

saga::Definition ImportCustomersSaga(const ProvisioningStore& store, Establish establish) {
  saga::Step ask{"establish", nullptr,
                 [establish = std::move(establish)](const std::shared_ptr<saga::Run>& run, const saga::StepDone& done) {
                   AskForImport(establish, run, done);
                 }};
  saga::Step settle{
      "settle", [&store](pg::Session& session, saga::Run& run) { return SettleImport(store, session, run); }, nullptr};
  return {kImportSaga, {std::move(ask), std::move(settle)}, true};
}

}  // namespace clientele::customer
