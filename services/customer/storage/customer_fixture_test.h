#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/id.h"
#include "common/pg/executor.h"
#include "common/testing/database.h"
#include "common/testing/fake_clock.h"
#include "services/customer/domain/sample_customers_test.h"
#include "services/customer/storage/customer_store.h"
#include "services/customer/storage/provisioning_store.h"

namespace clientele::migrations {
extern const std::vector<pg::Migration> kCustomer;
}  // namespace clientele::migrations

namespace clientele::customer {

// A database of its own, and what is asked of every test.
class CustomerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    pg::SetServiceName("customer");
    ASSERT_TRUE(session_->Connect().ok());
  }

  static std::string NewId() { return Uuid::NewV4().ToString(); }

  CallContext CallOf(const std::string& request_id = "", const std::string& hash = "one body") const {
    CallContext call;
    call.principal = "user:anna@partners/1";
    call.method = "clientele.customer.v1.CustomerService/Test";
    call.request_id = request_id;
    call.request_hash = hash;
    call.now = clock_.Now();
    call.deadline = absl::Now() + absl::Seconds(20);
    return call;
  }

  std::unique_ptr<pg::Connection> Connect() const {
    auto session = std::make_unique<pg::Connection>(options_);
    EXPECT_TRUE(session->Connect().ok());
    return session;
  }

  int64_t Count(const std::string& from) {
    const auto rows = session_->ReadDynamic("SELECT count(*) FROM " + from, {});
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, 0) : -1;
  }

  std::string Text(const std::string& sql) {
    const auto rows = session_->ReadDynamic(sql, {});
    EXPECT_TRUE(rows.ok() && !rows->empty()) << rows.status();
    return rows.ok() && !rows->empty() ? std::string(rows->Text(0, 0)) : "";
  }

  // A new customer of the partner's, with keys of its own.
  static Customer NewCustomer(const std::string& domain, const std::string& partner = kPartner) {
    Customer customer = Contoso();
    customer.name = {partner, NewId()};
    customer.state = AccountState::kProvisioning;
    customer.primary_domain = domain;
    customer.company_name = "Company of " + domain;
    customer.relationship = {};
    customer.link_generation = customer.link_revision = customer.revision = 0;
    return customer;
  }

  static pg::SagaStart SagaOf(const Customer& customer) {
    return {NewId(), "customer.create", CustomerName(customer.name), "state", "replica"};
  }

  // Reserves and settles, as the saga would.
  Customer CreateActive(const std::string& domain, const std::string& partner = kPartner) {
    Customer customer = NewCustomer(domain, partner);
    return CreateActive(customer);
  }
  Customer CreateActive(const Customer& customer) {
    CallContext call = CallOf();
    const auto begun = provisioning_.Create(*session_, call, customer, SagaOf(customer));
    EXPECT_TRUE(begun.ok()) << begun.status();
    const absl::Status settled = provisioning_.Settle(*session_, call, customer.name.partner, begun->saga,
                                                      {{customer.name.customer, Stands(1, 1)}});
    EXPECT_TRUE(settled.ok()) << settled;
    const auto made = Find(customer.name);
    EXPECT_TRUE(made.has_value());
    return made.value_or(Customer());
  }

  static Relationship Stands(int64_t generation, int64_t revision, int state = 1) {
    return {{1, state, generation, revision}, "united-states"};
  }

  // What everybody sees.
  std::optional<Customer> Find(const AccountName& name) {
    std::optional<Customer> found;
    bool done = false;
    Mutex mutex;
    CondVar changed;
    pg::Job job;
    job.deadline = absl::Now() + absl::Seconds(10);
    const absl::Status status =
        reads_.Read(name, std::move(job), [&](absl::StatusOr<std::optional<Customer>> customer) {
          EXPECT_TRUE(customer.ok()) << customer.status();
          MutexLock lock(&mutex);
          if (customer.ok()) found = *std::move(customer);
          done = true;
          changed.NotifyAll();
        });
    EXPECT_TRUE(status.ok());
    MutexLock lock(&mutex);
    while (!done) changed.Wait(&mutex);
    return found;
  }

  // Runs `work` on `count` threads, each with a session of its own.
  void InParallel(int count, const std::function<void(int, pg::Session&)>& work) {
    std::vector<std::unique_ptr<pg::Connection>> sessions;
    sessions.reserve(count);
    for (int i = 0; i < count; ++i) sessions.push_back(Connect());
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (int i = 0; i < count; ++i) threads.emplace_back([&, i] { work(i, *sessions[i]); });
    for (std::thread& thread : threads) thread.join();
  }

  const pg::SessionOptions options_ = testing::Cluster::Shared().NewDatabase("customer", migrations::kCustomer);
  const std::unique_ptr<pg::Connection> session_ = std::make_unique<pg::Connection>(options_);
  testing::FakeClock clock_;
  const CustomerStore customers_{[](const Customer& c) { return CustomerName(c.name); }};
  const ProvisioningStore provisioning_{[](const Customer& c) { return CustomerName(c.name); }};
  CustomerReads reads_{executor_, &CustomerStore::Fetch};
  // Last: its threads end before what they work with goes.
  pg::Executor executor_{pg::ExecutorOptions{options_, {1, 2048}, {1, 1024}, {1, 128}}};
};

}  // namespace clientele::customer
