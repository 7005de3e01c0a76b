#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/rpc/rules.h"
#include "common/saga/saga.h"
#include "common/testing/failpoint.h"
#include "services/customer/api/create_customer.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/import_customers.h"
#include "services/customer/storage/customer_fixture_test.h"
#include "services/customer/storage/partner_facts.h"
#include "services/customer/workflows/provisioning_sagas.h"

namespace clientele::customer {

// What relationship-service would answer: a relationship that stands is answered as it is, others begin to stand unless
// the test refuses them. Thread-safe.
class RelationshipPeer {
 public:
  using Refuse = std::function<absl::Status(const relationship::v1::CustomerRelationshipRequest&)>;

  Establish Function() {
    return [this](const CallContext& call, const EstablishRequest& request,
                  std::function<void(absl::StatusOr<EstablishResponse>, Consistency)> done) {
      Consistency seen;
      absl::StatusOr<EstablishResponse> response = Answer(call, request, seen);
      done(std::move(response), std::move(seen));
    };
  }

  void SetRefuse(Refuse refuse) {
    MutexLock lock(&mutex_);
    refuse_ = std::move(refuse);
  }
  // The next calls fail as a whole.
  void Fail(int calls, absl::Status status) {
    MutexLock lock(&mutex_);
    failing_ = calls;
    failure_ = std::move(status);
  }
  int calls() {
    MutexLock lock(&mutex_);
    return calls_;
  }
  int relationships() {
    MutexLock lock(&mutex_);
    return static_cast<int>(standing_.size());
  }
  relationship::v1::CustomerRelationshipRequest last() {
    MutexLock lock(&mutex_);
    return last_;
  }

 private:
  absl::StatusOr<EstablishResponse> Answer(const CallContext& call, const EstablishRequest& request,
                                           Consistency& seen) {
    MutexLock lock(&mutex_);
    ++calls_;
    EXPECT_EQ(rpc::CheckFields(request).size(), 0U) << request.DebugString();
    if (failing_ > 0) {
      --failing_;
      return failure_;
    }
    EstablishResponse response;
    for (const auto& one : request.relationships()) {
      last_ = one;
      auto& outcome = *response.add_outcomes();
      const std::string name = RelationshipName({LastSegment(one.partner()), one.customer()});
      const absl::Status refusal = refuse_ ? refuse_(one) : absl::OkStatus();
      auto& standing = standing_[name];
      if (!refusal.ok() && standing.generation() == 0) {
        standing_.erase(name);
        outcome.mutable_error()->ParseFromString(SerializeStatus(refusal));
        continue;
      }
      outcome.set_already_stood(standing.state() == relationship::v1::RELATIONSHIP_STATE_ACTIVE);
      if (!outcome.already_stood()) {
        standing.set_name(name);
        standing.set_kind(relationship::v1::RELATIONSHIP_KIND_RESELLER);
        standing.set_state(relationship::v1::RELATIONSHIP_STATE_ACTIVE);
        standing.set_generation(standing.generation() + 1);
        standing.set_revision(standing.revision() + 1);
        standing.set_region("united-states");
      }
      *outcome.mutable_customer_relationship() = standing;
    }
    seen["relationship"] = {"e", 7, 1};
    return response;
  }

 public:
  // Ends a relationship here, as its owner would.
  relationship::v1::CustomerRelationship End(const AccountName& name) {
    MutexLock lock(&mutex_);
    auto& standing = standing_[RelationshipName(name)];
    standing.set_state(relationship::v1::RELATIONSHIP_STATE_TERMINATED);
    standing.set_revision(standing.revision() + 1);
    return standing;
  }

 private:
  Mutex mutex_;
  Refuse refuse_ ABSL_GUARDED_BY(mutex_);
  int failing_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  relationship::v1::CustomerRelationshipRequest last_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, relationship::v1::CustomerRelationship> standing_ ABSL_GUARDED_BY(mutex_);
};

// The handlers over a real database and a real runner; only the other service is played.
class ProvisioningTest : public CustomerTest {
 protected:
  struct Replica {
    Replica(ProvisioningTest& test, const std::string& owner)
        : executor(pg::ExecutorOptions{test.options_, {1, 2048}, {2, 1024}, {1, 128}}),
          reads(executor, &CustomerStore::Fetch),
          sagas(Options(owner), test.clock_, executor,
                {CreateCustomerSaga(test.provisioning_, test.peer_.Function()),
                 ImportCustomersSaga(test.provisioning_, test.peer_.Function())}),
          parts{test.provisioning_, reads, sagas, executor, TestPolicy()} {
      sagas.Start();
    }
    ~Replica() { sagas.Stop(); }

    static saga::RunnerOptions Options(const std::string& owner) {
      saga::RunnerOptions options;
      options.owner = owner;
      options.poll = absl::Milliseconds(20);
      return options;
    }

    pg::Executor executor;
    CustomerReads reads;
    saga::Runner sagas;
    const Provisioning parts;
  };

  void SetUp() override {
    CustomerTest::SetUp();
    replica_ = std::make_unique<Replica>(*this, "replica-1");
  }
  void TearDown() override { replica_.reset(); }

  template <class Request, class Response>
  absl::StatusOr<Response> Serve(const rpc::Handler<Request, Response>& handler, const Request& request,
                                 CallContext context, auth::Principal principal = Operator(),
                                 Consistency* consistency = nullptr) {
    auto call = std::make_shared<rpc::Call>();
    call->context = std::move(context);
    call->principal = std::move(principal);
    call->context.principal = call->principal.name;
    struct Answer {
      Mutex mutex;
      CondVar changed;
      std::optional<absl::StatusOr<Response>> value;
    };
    auto answer = std::make_shared<Answer>();
    handler.begin(call, std::make_shared<Request>(request), [answer](absl::StatusOr<Response> response) {
      MutexLock lock(&answer->mutex);
      EXPECT_FALSE(answer->value.has_value()) << "answered twice";
      answer->value = std::move(response);
      answer->changed.NotifyAll();
    });
    MutexLock lock(&answer->mutex);
    while (!answer->value.has_value()) answer->changed.Wait(&answer->mutex);
    if (consistency != nullptr) *consistency = call->context.consistency;
    return *std::move(answer->value);
  }

  static auth::Principal Operator() {
    auth::Principal caller;
    caller.kind = auth::PrincipalKind::kOperator;
    caller.name = "operator:olga";
    return caller;
  }
  static auth::Principal PartnerUser() {
    auth::Principal caller;
    caller.kind = auth::PrincipalKind::kPartnerUser;
    caller.name = absl::StrCat("user:anna@partners/", kPartner);
    caller.partner = kPartner;
    return caller;
  }

  absl::StatusOr<v1::Customer> Create(const std::string& domain, const std::string& request_id = "",
                                      bool validate_only = false) {
    v1::CreateCustomerRequest request;
    request.set_parent(PartnerName(kPartner));
    *request.mutable_customer() = ToProto(NewCustomer(domain));
    CallContext call = CallOf(request_id);
    call.validate_only = validate_only;
    return Serve(rpc::Async(&CreateCustomer, replica_->parts), request, call, PartnerUser());
  }

  static v1::ImportRow RowOf(int number) {
    v1::ImportRow row;
    row.set_tenant_id(Uuid::V5(*Uuid::Parse(kTenantId), absl::StrCat(number)).ToString());
    row.set_company_name(absl::StrCat("Company ", number));
    row.set_primary_domain(absl::StrCat("row", number, ".example"));
    row.set_relationship("Reseller");
    return row;
  }
  static v1::BatchImportCustomersRequest ListOf(int first, int count) {
    v1::BatchImportCustomersRequest request;
    request.set_parent(PartnerName(kPartner));
    for (int i = first; i < first + count; ++i) *request.add_rows() = RowOf(i);
    return request;
  }
  absl::StatusOr<v1::BatchImportCustomersResponse> Import(const v1::BatchImportCustomersRequest& request,
                                                          auth::Principal caller = Operator(),
                                                          const std::string& request_id = "") {
    CallContext call = CallOf(request_id);
    call.validate_only = request.validate_only();
    return Serve(rpc::Async(&BatchImportCustomers, replica_->parts, sources_), request, call, std::move(caller));
  }
  // What became of each row: C, P, or the reason of its refusal.
  static std::vector<std::string> Outcomes(const absl::StatusOr<v1::BatchImportCustomersResponse>& response) {
    std::vector<std::string> outcomes;
    if (!response.ok()) return {ReasonOf(response.status())};
    for (const v1::ImportOutcome& outcome : response->outcomes()) {
      outcomes.push_back(outcome.result() == v1::IMPORT_RESULT_CREATED ? "C"
                         : outcome.result() == v1::IMPORT_RESULT_ALREADY_PRESENT
                             ? "P"
                             : ReasonOf(ParseStatus(outcome.error().SerializeAsString())));
    }
    return outcomes;
  }

  static absl::Status Refusal(const std::string& reason) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason, "refused");
  }

  RelationshipPeer peer_;
  const ImportSourceStore sources_{[](const ImportSource& source) { return source.id; }};
  std::unique_ptr<Replica> replica_;
};

}  // namespace clientele::customer
