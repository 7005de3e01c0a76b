#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/pg/executor.h"
#include "common/pg/list_query.h"
#include "common/pg/point_reads.h"
#include "services/customer/domain/customer.h"

namespace clientele::customer {

// Single accounts, many in one statement where many wait. Thread-safe; outlives the executor's jobs.
class CustomerReads {
 public:
  using Done = std::function<void(absl::StatusOr<std::optional<Customer>>)>;

  explicit CustomerReads(pg::Executor& executor);

  // The account, unless there is none or it is still being made. `done` runs on a worker; not ok where the lane is
  // full, and `done` is not called.
  absl::Status Get(AccountName name, pg::Job job, Done done);

 private:
  pg::PointReads<AccountName, std::optional<Customer>> reads_;
};

// What a filter and an order of ListCustomers may name.
const pg::ListFields& CustomerListFields();
const std::map<std::string, std::vector<pg::SortColumn>>& CustomerListOrders();
inline constexpr char kDefaultCustomerOrder[] = "create_time";

struct CustomerListQuery {
  std::string partner;
  bool show_ended = false;
  bool full = false;  // billing profile, contacts and labels too
  pg::Predicate filter;
  std::vector<pg::SortColumn> order;
  std::vector<std::string> after;  // cursor of an earlier page
  int page_size = 0;
};

struct CustomerPage {
  std::vector<Customer> customers;
  std::vector<std::string> next;  // cursor of the next page; empty on the last
};

absl::StatusOr<CustomerPage> ListCustomers(pg::Session& session, const CustomerListQuery& query);

}  // namespace clientele::customer
