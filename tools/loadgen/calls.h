#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clientele/customer/v1/customer_service.grpc.pb.h"

namespace clientele::loadgen {

// A partner whose customers are called for.
struct Account {
  std::string partner;  // partners/{partner}
  std::string token;    // of one of its administrators
  std::vector<std::string> customers;
};

// Lines "partners/{partner} token"; customers are not filled in.
absl::StatusOr<std::vector<Account>> ReadAccounts(const std::string& file);

// Fills in the names of each partner's customers by listing them.
absl::Status ListNames(customer::v1::CustomerService::Stub& stub, std::vector<Account>& accounts);

using Done = std::function<void(const grpc::Status&)>;

// Starts one call of an RPC for the `n`th request of the run, chosen from `accounts`; `done` runs on a gRPC thread.
using Call = std::function<void(customer::v1::CustomerService::Stub& stub, uint64_t n, const Done& done)>;

// GetCustomer, ListCustomers, UpdateCustomer or CreateCustomer.
absl::StatusOr<Call> CallOf(const std::string& rpc, const std::vector<Account>& accounts);

}  // namespace clientele::loadgen
