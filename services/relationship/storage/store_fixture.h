#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/market/market.h"
#include "common/pg/command.h"
#include "common/pg/session.h"
#include "common/testing/database.h"
#include "services/relationship/domain/resource_name.h"
#include "services/relationship/storage/establish_store.h"
#include "services/relationship/storage/hold_store.h"
#include "services/relationship/storage/partner_store.h"
#include "services/relationship/storage/relationship_store.h"

namespace clientele::migrations {
extern const std::vector<pg::Migration> kRelationship;
}  // namespace clientele::migrations

namespace clientele::relationship {

// The stores over a database of the test's own.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : options_(testing::Cluster::Shared().NewDatabase("relationship", migrations::kRelationship)) {
    pg::SetServiceName("relationship");
    session_ = Connected();
  }

  // Another connection, for another thread.
  std::unique_ptr<pg::Connection> Connected() const {
    auto session = std::make_unique<pg::Connection>(options_);
    EXPECT_TRUE(session->Connect().ok());
    return session;
  }

  static const market::Markets& Markets() {
    static const auto* const markets = [] {
      auto loaded = market::Markets::Load("deploy/markets/markets.json");
      EXPECT_TRUE(loaded.ok()) << loaded.status();
      return new market::Markets(*std::move(loaded));
    }();
    return *markets;
  }

  static std::string NewId() { return Uuid::NewV4().ToString(); }

  // A call with a key of its own. The body that the key stands for is `body`.
  CallContext Call(const std::string& request_id = NewId(), const std::string& body = "body") const {
    CallContext call;
    call.principal = "service:billing";
    call.method = "test/Method";
    call.request_id = request_id;
    call.request_hash = body + std::string(32 - body.size(), '.');
    call.now = now_;
    call.deadline = absl::InfiniteFuture();
    return call;
  }

  static PartnerPatch PatchWith(const std::string& mpn_id) {
    PartnerPatch patch;
    patch.display_name = absl::StrCat("Partner ", mpn_id);
    patch.mpn_id = mpn_id;
    patch.kinds = {PartnerKind::kDirectBill};
    patch.agreement_state = AgreementState::kSigned;
    return patch;
  }

  Revision<Partner> Draft(const std::string& mpn_id) const {
    return Register(Uuid::NewV7(now_).ToString(), *Markets().Find("DE"), PatchWith(mpn_id), now_);
  }

  Partner MakePartner(const std::string& mpn_id) {
    CallContext call = Call();
    auto partner = partners_.Create(*session_, call, Draft(mpn_id));
    EXPECT_TRUE(partner.ok()) << partner.status();
    return *std::move(partner);
  }

  static Establishment Wanted(const std::string& partner, const std::string& customer,
                              RelationshipOrigin origin = RelationshipOrigin::kCreate) {
    Establishment wanted;
    wanted.partner = partner;
    wanted.customer = customer;
    wanted.origin = origin;
    wanted.country = "DE";
    return wanted;
  }

  // A relationship of a new customer that stands.
  RelationshipKey MakeRelationship(const std::string& partner) {
    RelationshipKey key{partner, NewId()};
    CallContext call = Call();
    const auto made = establishments_.Establish(*session_, call, {Wanted(key.first, key.second)});
    EXPECT_TRUE(made.ok() && made->front().ok());
    return key;
  }

  RelationshipStore::TerminationRequest Terminate(const RelationshipKey& key) const {
    RelationshipStore::TerminationRequest request;
    request.key = key;
    request.reason = "moved";
    request.saga_kind = "relationship.terminate";
    request.owner = "replica";
    request.saga_state = [](const CustomerRelationship&) { return std::string("state"); };
    return request;
  }

  // Ends a relationship, both steps.
  void End(const RelationshipKey& key) {
    CallContext call = Call();
    const auto started = relationships_.BeginTermination(*session_, call, Terminate(key));
    ASSERT_TRUE(started.ok()) << started.status();
    ASSERT_TRUE(session_->Execute("UPDATE saga SET done = true").ok());
    CallContext step = Call();
    const absl::Status finished = relationships_.FinishTermination(*session_, step, key, started->begun.saga);
    ASSERT_TRUE(finished.ok()) << finished;
  }

  CustomerRelationship Stored(const RelationshipKey& key) {
    auto found = RelationshipStore::Read(*session_, key);
    EXPECT_TRUE(found.ok()) << found.status();
    return *std::move(found);
  }

  int64_t Count(const std::string& from_where) {
    const auto rows = session_->ReadDynamic("SELECT count(*) FROM " + from_where, {});
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, 0) : -1;
  }

  // The types of a subject's events, in the order of the feed.
  std::vector<std::string> EventsOf(const std::string& subject) {
    const auto rows = session_->ReadDynamic("SELECT type FROM outbox WHERE subject = $1 ORDER BY xid, seq",
                                            pg::Params().Text(subject));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> types;
    types.reserve(rows->size());
    for (int i = 0; i < rows->size(); ++i) types.emplace_back(rows->Text(i, 0));
    return types;
  }

  // Runs `work` on `threads` threads at once, each with a connection of its own.
  void Race(int threads, const std::function<void(int, pg::Session&)>& work) {
    std::vector<std::unique_ptr<pg::Connection>> sessions;
    sessions.reserve(threads);
    for (int i = 0; i < threads; ++i) sessions.push_back(Connected());
    std::vector<std::thread> running;
    running.reserve(threads);
    for (int i = 0; i < threads; ++i) running.emplace_back([&, i] { work(i, *sessions[i]); });
    for (std::thread& thread : running) thread.join();
  }

  const pg::SessionOptions options_;
  std::unique_ptr<pg::Connection> session_;
  absl::Time now_ = absl::FromUnixSeconds(1767225600);
  const PartnerStore partners_{[](const Partner& partner) { return partner.display_name; }};
  const Encode<CustomerRelationship> encode_ = [](const CustomerRelationship& relationship) {
    return std::string(WordOf(relationship.state));
  };
  const RelationshipStore relationships_{encode_};
  const EstablishStore establishments_{encode_, Markets()};
  const HoldStore holds_{[](const TerminationHold& hold) { return hold.description; }};
};

}  // namespace clientele::relationship
