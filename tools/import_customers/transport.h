#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clientele/customer/v1/customer_service.pb.h"

namespace clientele::import_customers {

struct TransportOptions {
  std::string target;      // "localhost:7411"
  std::string ca_file;     // PEM
  std::string cert_file;   // PEM; empty: no client certificate
  std::string key_file;    // PEM
  std::string token_file;  // a bearer token; read anew for each call, so that a renewed one counts. Empty: none
  absl::Duration timeout = absl::Seconds(60);  // of one call
};

using ImportCall = std::function<absl::StatusOr<customer::v1::BatchImportCustomersResponse>(
    const customer::v1::BatchImportCustomersRequest&)>;

// BatchImportCustomers over TLS. The error of a call carries what the server sent with it. InvalidArgument if a file
// cannot be read.
absl::StatusOr<ImportCall> Connect(const TransportOptions& options);

}  // namespace clientele::import_customers
