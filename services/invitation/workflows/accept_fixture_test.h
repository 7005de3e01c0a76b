#pragma once

#include <deque>
#include <future>
#include <set>

#include "common/testing/fake_clock.h"
#include "services/invitation/api/answer_invitation.h"
#include "services/invitation/storage/store_fixture_test.h"
#include "services/invitation/workflows/accept_saga.h"

// An acceptance from its link to the end of its saga; the other services are played.
namespace clientele::invitation {

inline constexpr char kCustomerId[] = "018f3d5a-0000-7000-8000-0000000000c1";

inline absl::Status Refusal(const std::string& reason) {
  return WithResource(MakeError(absl::StatusCode::kFailedPrecondition, reason, "no", {{"why", "because"}}), "CUSTOMER",
                      "c", "it is so");
}

inline absl::Status Away() { return MakeError(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "away"); }

// The other two services: each answers by a queue of statuses, then ok.
struct FakePeers {
  Mutex mutex;
  std::deque<absl::Status> resolve, establish, outcome, upsert, withdraw;
  bool already_stands = false;
  relationship::v1::TerminatedBy ended_by = relationship::v1::TERMINATED_BY_SYSTEM;  // what a withdrawal is told
  std::vector<customer::v1::ResolveOrganizationRequest> resolved;
  std::vector<relationship::v1::EstablishCustomerRelationshipsRequest> established;
  std::vector<customer::v1::UpsertCustomerAccountRequest> upserted;
  std::vector<relationship::v1::WithdrawCustomerRelationshipRequest> withdrawn;
  std::function<void()> held;  // a resolution that waits, where `hold` is set
  bool hold = false;
  CondVar changed;

  static absl::Status Next(std::deque<absl::Status>& statuses) {
    if (statuses.empty()) return absl::OkStatus();
    absl::Status next = statuses.front();
    statuses.pop_front();
    return next;
  }

  Peers Make() {
    Peers peers;
    peers.resolve_organization = [this](const CallContext&, absl::Time,
                                        const customer::v1::ResolveOrganizationRequest& request, const auto& done) {
      MutexLock lock(&mutex);
      resolved.push_back(request);
      customer::v1::ResolveOrganizationResponse response;
      response.set_customer(kCustomerId);
      *response.add_directory_tenants() = request.directory_tenant();
      const absl::Status status = Next(resolve);
      const auto answer = [done, status, response] {
        if (!status.ok()) return done(status, {});
        done(response, {{"customer", {"e", 5, 1}}});
      };
      changed.NotifyAll();
      if (hold) {
        held = answer;
      } else {
        answer();
      }
    };
    peers.establish_relationships = [this](const CallContext&, absl::Time,
                                           const relationship::v1::EstablishCustomerRelationshipsRequest& request,
                                           const auto& done) {
      MutexLock lock(&mutex);
      established.push_back(request);
      if (absl::Status status = Next(establish); !status.ok()) return done(status, {});
      relationship::v1::EstablishCustomerRelationshipsResponse response;
      auto& outcome_message = *response.add_outcomes();
      if (absl::Status status = Next(outcome); !status.ok()) {
        outcome_message.mutable_error()->ParseFromString(SerializeStatus(status));
      } else {
        outcome_message.mutable_customer_relationship()->set_name(
            absl::StrCat(request.relationships(0).partner(), "/customerRelationships/", kCustomerId));
        outcome_message.mutable_customer_relationship()->set_generation(3);
        outcome_message.set_already_stood(already_stands);
      }
      done(response, {{"relationship", {"e", 6, 1}}});
    };
    peers.upsert_account = [this](const CallContext&, absl::Time,
                                  const customer::v1::UpsertCustomerAccountRequest& request, const auto& done) {
      MutexLock lock(&mutex);
      upserted.push_back(request);
      if (absl::Status status = Next(upsert); !status.ok()) return done(status, {});
      done(customer::v1::Customer(), {{"customer", {"e", 9, 1}}});
    };
    peers.withdraw_relationship = [this](const CallContext&, absl::Time,
                                         const relationship::v1::WithdrawCustomerRelationshipRequest& request,
                                         const auto& done) {
      MutexLock lock(&mutex);
      withdrawn.push_back(request);
      if (absl::Status status = Next(withdraw); !status.ok()) return done(status, {});
      relationship::v1::CustomerRelationship ended;
      ended.set_generation(request.generation());
      ended.mutable_termination()->set_terminated_by(ended_by);
      done(ended, {{"relationship", {"e", 7, 1}}});
    };
    return peers;
  }

  void AwaitHeld() {
    MutexLock lock(&mutex);
    while (!held) changed.Wait(&mutex);
  }
  void LetGo() {
    std::function<void()> answer;
    {
      MutexLock lock(&mutex);
      hold = false;
      answer = std::move(held);
    }
    answer();
  }
};

// AcceptInvitation from the handler to the last step.
class AcceptSagaTest : public StoreTest {
 protected:
  AcceptSagaTest()
      : executor_({options_}),
        runner_({"replica"}, clock_, executor_, {AcceptSaga(store_, peers_.Make(), clock_)}),
        parts_{store_, tokens_, TestMarkets(), executor_, runner_, StartAcceptSaga("replica", TestCloud())} {
    runner_.Start();
  }
  ~AcceptSagaTest() override {
    runner_.Stop();
    executor_.Stop();
  }

  static auth::Principal Anna() {
    auth::Principal anna;
    anna.kind = auth::PrincipalKind::kCustomer;
    anna.name = "customer:anna";
    anna.roles = {"global_admin"};
    anna.tenant_issuer = kIssuer;
    anna.tenant_id = kTenantId;
    anna.email = "anna@fabrikam.example";
    anna.domains = {"fabrikam.example"};
    return anna;
  }

  v1::AcceptInvitationRequest RequestFor(const Invitation& invitation) const {
    v1::AcceptInvitationRequest request;
    request.set_token(tokens_.Derive(invitation.id, invitation.token_generation));
    request.mutable_company()->set_company_name("Fabrikam Werke AG");
    request.mutable_company()->set_country("DE");
    type::v1::Agreement& agreement = *request.mutable_agreement();
    agreement.set_template_id("customer-agreement/2026-01");
    agreement.set_date_agreed("2026-01-01");
    agreement.mutable_primary_contact()->set_first_name("Zoë");
    agreement.mutable_primary_contact()->set_last_name("Müller");
    agreement.mutable_primary_contact()->set_email("zoe@fabrikam.example");
    return request;
  }

  struct Pending {
    std::shared_ptr<rpc::Call> call;
    std::future<absl::StatusOr<v1::AcceptInvitationResponse>> answer;
  };

  Pending Begin(const v1::AcceptInvitationRequest& request, const std::string& request_id = NewId(),
                const auth::Principal& principal = Anna(), absl::Duration patience = absl::Seconds(30)) {
    Pending pending;
    pending.call = std::make_shared<rpc::Call>();
    pending.call->context = Call(request_id);
    pending.call->context.principal = principal.name;
    pending.call->context.deadline = SystemClock().Now() + patience;
    pending.call->context.validate_only = request.validate_only();
    pending.call->principal = principal;
    auto answered = std::make_shared<std::promise<absl::StatusOr<v1::AcceptInvitationResponse>>>();
    pending.answer = answered->get_future();
    AcceptInvitation(
        pending.call, std::make_shared<v1::AcceptInvitationRequest>(request),
        [answered](absl::StatusOr<v1::AcceptInvitationResponse> answer) { answered->set_value(std::move(answer)); },
        parts_);
    return pending;
  }

  absl::StatusOr<v1::AcceptInvitationResponse> Accept(const v1::AcceptInvitationRequest& request,
                                                      const std::string& request_id = NewId(),
                                                      const auth::Principal& principal = Anna()) {
    return Begin(request, request_id, principal).answer.get();
  }

  std::string RefusalOf(const v1::AcceptInvitationRequest& request, const auth::Principal& principal = Anna()) {
    return ReasonOf(Accept(request, NewId(), principal).status());
  }

  testing::FakeClock clock_;
  FakePeers peers_;
  pg::Executor executor_;
  const InvitationTokens tokens_ = TestTokens();
  saga::Runner runner_;
  const AnswerParts parts_;
};

}  // namespace clientele::invitation
