#include "services/customer/api/import_customers.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "common/core/error.h"
#include "common/core/id.h"
#include "common/rpc/consistency.h"
#include "common/rpc/lane.h"
#include "services/customer/api/customer_proto.h"
#include "services/customer/api/import_rows.h"
#include "services/customer/api/saga_state.h"
#include "services/customer/domain/partner.h"
#include "services/customer/storage/partner_facts.h"

namespace clientele::customer {
namespace {

using Request = v1::BatchImportCustomersRequest;
using Response = v1::BatchImportCustomersResponse;

std::optional<absl::Time> ListTimeOf(const Request& request) {
  if (!request.has_list_time()) return std::nullopt;
  return FromTimestamp(request.list_time());
}

// One call on its way: rows judged by themselves, rows decided against what stands, the saga of those that are new,
// the outcomes. It lives in the callbacks that are still to come; one of them runs at a time.
class Import : public std::enable_shared_from_this<Import> {
 public:
  Import(Provisioning parts, const ImportSourceStore& sources, std::shared_ptr<rpc::Call> call,
         std::shared_ptr<const Request> request, rpc::Reply<Response> reply)
      : parts_(parts),
        sources_(sources),
        call_(std::move(call)),
        request_(std::move(request)),
        reply_(std::move(reply)),
        partner_(LastSegment(request_->parent())) {
    list_time_ = ListTimeOf(*request_);
  }

  void Begin() {
    OnLane([this](pg::Session& session) {
      if (absl::Status status = Judge(session); !status.ok()) return reply_(status);
      Decide(session);
    });
  }

 private:
  void OnLane(std::function<void(pg::Session&)> work) {
    rpc::OnLane(parts_.executor, pg::Lane::kBulk, *call_, reply_,
                [self = shared_from_this(), work = std::move(work)](pg::Session& session) { work(session); });
  }

  absl::Status Judge(pg::Session& session) {
    if (absl::Status status = CheckListTime(list_time_, call_->now()); !status.ok()) return status;
    std::optional<ImportSource> source;
    if (!request_->source().empty()) {
      auto found = sources_.Find(session, LastSegment(request_->source()));
      if (!found.ok()) return found.status();
      source = *std::move(found);
    }
    auto vouching = Vouch(call_->principal, partner_, request_->source(), source, parts_.policy.cloud);
    if (!vouching.ok()) return vouching.status();
    vouching_ = *std::move(vouching);
    rows_ = CheckRows(*request_, vouching_, parts_.policy);
    if (!call_->context.validate_only) return absl::OkStatus();
    auto fact = FindPartnerFact(session, partner_);
    if (!fact.ok()) return fact.status();
    partner_fact_ = *std::move(fact);
    return absl::OkStatus();
  }

  void Decide(pg::Session& session) {
    const absl::StatusOr<pg::Begun> begun = parts_.store.Import(
        session, call_->context, partner_, vouching_, rows_.keys,
        [this](const std::string& saga, const std::vector<RowFacts>& facts) { return Plan(saga, facts); });
    if (!begun.ok()) return reply_(begun.status());
    if (begun->saga.empty()) return running_.empty() ? Answer() : AwaitOthers();
    if (begun->mine) {
      parts_.sagas.Begin(begun->saga);
    } else {
      // Whatever was decided here is what stands now; the first call's outcome is what it made of it.
      for (const size_t place : rows_.open) rows_.outcomes[place].Clear();
    }
    Join(begun->saga);
  }

  // Decides on every open row; rows to make or to revive stay open.
  absl::StatusOr<ImportPlan> Plan(const std::string& saga, const std::vector<RowFacts>& facts) {
    ImportPlan plan;
    running_.clear();
    std::vector<int> places;
    std::map<std::string, size_t> customers;
    std::set<std::string> external_ids;
    for (size_t i = 0; i < facts.size(); ++i) {
      const size_t place = rows_.open[i];
      const ImportRow& row = *rows_.rows[place];
      RowDecision decision = DecideRow(facts[i], row, vouching_);
      v1::ImportOutcome& outcome = rows_.outcomes[place];
      outcome.Clear();
      if (decision.action == RowAction::kRefuse) {
        outcome = Refused(decision.refusal);
      } else if (decision.action == RowAction::kPresent) {
        outcome = Taken(v1::IMPORT_RESULT_ALREADY_PRESENT, {partner_, decision.customer});
      } else if (decision.action == RowAction::kWait) {
        running_.insert(decision.saga);
      } else if (absl::Status refusal = CheckAmongRows(decision, row, place, customers, external_ids); !refusal.ok()) {
        outcome = Refused(refusal);
      } else if (call_->context.validate_only) {
        outcome = Taken(v1::IMPORT_RESULT_CREATED, {});
      } else {
        places.push_back(static_cast<int>(place));
        plan.accounts.push_back(Planned(decision, row));
      }
    }
    if (!running_.empty()) return ImportPlan();
    std::vector<ImportedAccount> accounts;
    for (size_t i = 0; i < places.size(); ++i) accounts.push_back({places[i], &plan.accounts[i].account});
    if (!accounts.empty()) {
      plan.saga = StartImport(saga, partner_, vouching_.source, list_time_, accounts, parts_.sagas.owner());
    }
    return plan;
  }

  // What only the rows together, or the copy of partners, can tell.
  absl::Status CheckAmongRows(const RowDecision& decision, const ImportRow& row, size_t place,
                              std::map<std::string, size_t>& customers, std::set<std::string>& external_ids) const {
    if (!decision.customer.empty()) {
      const auto [earlier, added] = customers.emplace(decision.customer, place);
      if (!added) return DuplicateRow(earlier->second);
    }
    const std::string& external_id = row.account.external_id;
    if (decision.action == RowAction::kCreate && !external_id.empty() && !external_ids.insert(external_id).second) {
      return ExternalIdTaken(external_id, {partner_, ""});
    }
    if (!partner_fact_.has_value()) return absl::OkStatus();
    const market::Market* market = parts_.policy.markets.Find(CountryOf(row.account));
    return CheckPartner(*partner_fact_, AccountOrigin::kImport, market == nullptr ? "" : market->csp_region,
                        row.account.directory_tenants);
  }

  PlannedAccount Planned(const RowDecision& decision, const ImportRow& row) const {
    PlannedAccount planned;
    planned.account = row.account;
    planned.organization_revision = decision.organization_revision;
    planned.new_domain = decision.new_domain;
    planned.new_tenant = decision.new_tenant;
    planned.revive = decision.action == RowAction::kRevive;
    planned.account.name.customer =
        decision.customer.empty() ? Uuid::NewV7(call_->now()).ToString() : decision.customer;
    return planned;
  }

  // Another saga makes one of these accounts right now: what became of it is decided on afterwards.
  void AwaitOthers() {
    const std::string saga = *running_.begin();
    parts_.sagas.Join(saga, call_->context.deadline, [self = shared_from_this()](const saga::Outcome& outcome) {
      // Only the deadline ends the wait without an end of the saga.
      if (ReasonOf(outcome.status) == "SAGA_RUNNING") return self->reply_(outcome.status);
      self->OnLane([self = self.get()](pg::Session& session) { self->Decide(session); });
    });
  }

  void Join(const std::string& saga) {
    parts_.sagas.Join(saga, call_->context.deadline, [self = shared_from_this(), saga](const saga::Outcome& outcome) {
      rpc::Merge(outcome.consistency, self->call_->context.consistency);
      if (!outcome.status.ok() && !AreRowsRefused(outcome.status)) return self->reply_(outcome.status);
      self->OnLane([self = self.get(), saga, refused = RefusedRowsOf(outcome.status)](pg::Session& session) {
        self->Finish(session, saga, refused);
      });
    });
  }

  // Tells of each open row what the saga made of it.
  void Finish(pg::Session& session, const std::string& saga, const std::map<int, google::rpc::Status>& refused) {
    const auto facts = parts_.store.Facts(session, partner_, vouching_.tenant_issuer, rows_.keys);
    if (!facts.ok()) return reply_(facts.status());
    std::map<std::string, size_t> made;
    for (size_t i = 0; i < facts->size(); ++i) {
      const size_t place = rows_.open[i];
      v1::ImportOutcome& outcome = rows_.outcomes[place];
      if (outcome.result() != v1::IMPORT_RESULT_UNSPECIFIED) continue;
      const auto refusal = refused.find(static_cast<int>(place));
      if (refusal != refused.end()) {
        outcome.set_result(v1::IMPORT_RESULT_REFUSED);
        *outcome.mutable_error() = refusal->second;
        continue;
      }
      outcome = OutcomeNow((*facts)[i], *rows_.rows[place], saga, place, made);
    }
    Answer();
  }

  v1::ImportOutcome OutcomeNow(const RowFacts& facts, const ImportRow& row, const std::string& saga, size_t place,
                               std::map<std::string, size_t>& made) const {
    const RowDecision decision = DecideRow(facts, row, vouching_);
    if (decision.action == RowAction::kRefuse) return Refused(decision.refusal);
    if (decision.action != RowAction::kPresent) {
      return Refused(
          MakeError(absl::StatusCode::kFailedPrecondition, "RELATIONSHIP_ENDED", "the relationship has ended since"));
    }
    const AccountName name{partner_, decision.customer};
    if (decision.saga != saga) return Taken(v1::IMPORT_RESULT_ALREADY_PRESENT, name);
    const auto [earlier, added] = made.emplace(decision.customer, place);
    return added ? Taken(v1::IMPORT_RESULT_CREATED, name) : Refused(DuplicateRow(earlier->second));
  }

  void Answer() {
    Response response;
    for (v1::ImportOutcome& outcome : rows_.outcomes) *response.add_outcomes() = std::move(outcome);
    reply_(std::move(response));
  }

  const Provisioning parts_;
  const ImportSourceStore& sources_;
  const std::shared_ptr<rpc::Call> call_;
  const std::shared_ptr<const Request> request_;
  const rpc::Reply<Response> reply_;
  const std::string partner_;
  std::optional<absl::Time> list_time_;
  Vouching vouching_;
  std::optional<PartnerFact> partner_fact_;  // with validate_only
  CheckedRows rows_;
  std::set<std::string> running_;  // sagas that make accounts of open rows
};

}  // namespace

absl::Status CheckBatchImportCustomers(const rpc::Call& call, const Request& request) {
  return CheckListTime(ListTimeOf(request), call.now());
}

void BatchImportCustomers(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const Request>& request,
                          const rpc::Reply<Response>& reply, Provisioning parts, const ImportSourceStore& sources) {
  std::make_shared<Import>(parts, sources, call, request, reply)->Begin();
}

}  // namespace clientele::customer
