#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/import_customers/customer_list.h"
#include "tools/import_customers/import_run.h"

namespace clientele::import_customers {

// One line for a terminal: bar, rows done, rows refused, time. With an error it tells that a batch is tried again.
std::string ProgressLine(size_t done, size_t total, size_t refused, absl::Duration elapsed,
                         const absl::Status& waiting);

// Whether this text is such a file of refused rows as RejectsCsv makes, corrected or not. An empty one counts.
bool IsRejectsCsv(const std::string& text);

// The rows that were not taken as CSV: #line, #reason, #detail, #raw, then the list's own columns. The # columns are
// comments to this program, so the corrected file can be imported as it is. Empty if every row was taken.
std::string RejectsCsv(const CustomerList& list, const ImportResult& result);

// What became of the list, in plain words; for rows that need an invitation, how to invite.
std::string Summary(const std::string& file, const ImportOptions& options, const CustomerList& list,
                    const ImportResult& result);

}  // namespace clientele::import_customers
