#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clientele/customer/v1/customer_service.pb.h"
#include "tools/import_customers/customer_list.h"
#include "tools/import_customers/journal.h"

namespace clientele::import_customers {

// What the command line said about an import.
struct ImportOptions {
  std::string partner;  // "partners/{partner}"
  std::string source;   // "importSources/{source}", or empty
  bool validate_only = false;
  std::optional<absl::Time> list_time;
  int batch_size = 500;
  absl::Duration patience = absl::Minutes(5);  // from a batch's first failure to its last try
};

// The exit codes of the program; --help explains them.
enum ExitCode { kAllIn = 0, kCannotStart = 1, kSomeRefused = 2, kStopped = 3, kMendFirst = 4 };

// Identifies the import of this text with these options: a UUID. Another text, partner or option is another import.
std::string ImportKey(const std::string& text, const ImportOptions& options);

// The request of the `batch`th rows, counted from 0. The same attempt makes the same request with the same request_id.
customer::v1::BatchImportCustomersRequest MakeRequest(const ImportOptions& options, const std::string& attempt,
                                                      const CustomerList& list, int batch);

// Where the import talks to; injected, so that a test needs neither a server nor time.
struct ImportPorts {
  std::function<absl::StatusOr<customer::v1::BatchImportCustomersResponse>(
      const customer::v1::BatchImportCustomersRequest&)>
      call;
  std::function<absl::Time()> now;
  std::function<void(absl::Duration)> sleep;
  // Rows answered so far and the refused among them; called after each batch, and with `waiting` while one is tried
  // again after that error.
  std::function<void(size_t done, size_t refused, const absl::Status& waiting)> progress;
};

struct ImportResult {
  // One for each row of the list, in its order; fewer if the import stopped.
  std::vector<RowOutcome> outcomes;
  // Why it stopped, if it did.
  absl::Status stopped;
};

// Sends what the journal does not have, batch by batch. An error that passes (UNAVAILABLE, RESOURCE_EXHAUSTED,
// DEADLINE_EXCEEDED, or any with RetryInfo) is tried again after the time the server names, or a growing one.
ImportResult RunImport(const ImportOptions& options, const CustomerList& list, const ImportPorts& ports,
                       Journal* journal);

// Whether the same command may succeed later although nobody mends anything.
bool RepeatingHelps(const absl::Status& stopped);

ExitCode ExitCodeOf(const CustomerList& list, const ImportResult& result);

}  // namespace clientele::import_customers
