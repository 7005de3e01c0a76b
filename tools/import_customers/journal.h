#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace clientele::import_customers {

// What became of one row.
struct RowOutcome {
  enum class Result { kCreated, kAlreadyPresent, kRefused } result = Result::kRefused;
  std::string reason;  // kRefused: ErrorInfo.reason
  std::string detail;  // kRefused: message and field violations
};

// The file that makes an import resumable: a line of JSON for the attempt and one for each answered batch, on disk
// before the next batch is sent. A line that a kill cut off counts as not written. Not thread-safe.
class Journal {
 public:
  // Opens or creates the file. `key` identifies list, partner and options. FailedPrecondition for a file with batches
  // of another key, and for one that is no journal at all: neither is changed.
  static absl::StatusOr<Journal> Open(const std::string& path, const std::string& key);

  // A random UUID that an import keeps until it is whole, however often it is stopped; the next import has another.
  const std::string& attempt() const { return attempt_; }
  // Batches answered so far, this run's included.
  const std::map<int, std::vector<RowOutcome>>& batches() const { return batches_; }
  absl::Status Record(int batch, std::vector<RowOutcome> outcomes);
  // The import is whole: nothing is left to resume.
  void Remove();

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  Journal() = default;
  absl::Status Load(const std::string& key);
  absl::Status Append(const std::string& line);

  std::string path_;
  std::string attempt_;
  std::unique_ptr<std::FILE, Close> file_;
  std::map<int, std::vector<RowOutcome>> batches_;
};

}  // namespace clientele::import_customers
