#include "tools/import_customers/import_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/core/sha256.h"

namespace clientele::import_customers {
namespace {

using customer::v1::BatchImportCustomersRequest;
using customer::v1::BatchImportCustomersResponse;

// The space of this program's request ids: a random UUID, made once.
constexpr char kRequestIdSpace[] = "6f2d9c1b-3a57-4e80-9d46-b1c8e5f70a23";

constexpr char kDuplicateRow[] = "DUPLICATE_ROW";
// A server that is back is not kept waiting for long.
constexpr absl::Duration kFirstDelay = absl::Milliseconds(250);
constexpr absl::Duration kLongestDelay = absl::Seconds(5);

Uuid Space() { return *Uuid::Parse(kRequestIdSpace); }

bool Passes(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    default:
      return RetryDelayOf(error) > absl::ZeroDuration();
  }
}

// A row's twin: the service counts the rows of its request, who reads the answer counts the lines of the list.
std::string NameTwin(const absl::Status& error, const CustomerList& list, size_t first_row) {
  const ErrorMetadata metadata = MetadataOf(error);
  const auto found = metadata.find("row");
  size_t index = 0;
  if (found == metadata.end() || !absl::SimpleAtoi(found->second, &index)) return "";
  if (index >= list.rows.size() - first_row) return "";
  return absl::StrCat("line ", list.rows[first_row + index].line, " of the list names the same customer");
}

RowOutcome ToOutcome(const customer::v1::ImportOutcome& outcome, const CustomerList& list, size_t first_row) {
  switch (outcome.result()) {
    case customer::v1::IMPORT_RESULT_CREATED:
      return {RowOutcome::Result::kCreated, "", ""};
    case customer::v1::IMPORT_RESULT_ALREADY_PRESENT:
      return {RowOutcome::Result::kAlreadyPresent, "", ""};
    default:
      break;
  }
  const absl::Status error = ParseStatus(outcome.error().SerializeAsString());
  const std::string reason = ReasonOf(error);
  std::vector<std::string> details;
  if (reason == kDuplicateRow) {
    if (std::string twin = NameTwin(error, list, first_row); !twin.empty()) details.push_back(std::move(twin));
  }
  for (const FieldViolation& violation : FieldViolationsOf(error)) {
    details.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  if (details.empty()) details.emplace_back(error.message());
  return {RowOutcome::Result::kRefused, reason.empty() ? absl::StatusCodeToString(error.code()) : reason,
          absl::StrJoin(details, "; ")};
}

absl::StatusOr<BatchImportCustomersResponse> CallWithPatience(const ImportOptions& options, const ImportPorts& ports,
                                                              const BatchImportCustomersRequest& request, size_t done,
                                                              size_t refused) {
  const Backoff backoff{kFirstDelay, kLongestDelay};
  absl::Time until;
  for (int attempt = 1;; ++attempt) {
    auto response = ports.call(request);
    if (response.ok() || !Passes(response.status())) return response;
    if (attempt == 1) until = ports.now() + options.patience;
    const absl::Duration delay = std::max(RetryDelayOf(response.status()), backoff.Delay(attempt));
    if (ports.now() + delay > until) return response;
    ports.progress(done, refused, response.status());
    ports.sleep(delay);
  }
}

size_t CountRefused(const std::vector<RowOutcome>& outcomes) {
  return std::count_if(outcomes.begin(), outcomes.end(),
                       [](const RowOutcome& outcome) { return outcome.result == RowOutcome::Result::kRefused; });
}

}  // namespace

std::string ImportKey(const std::string& text, const ImportOptions& options) {
  const std::string list_time = options.list_time.has_value() ? absl::FormatTime(*options.list_time) : "";
  return Uuid::V5(Space(),
                  absl::StrCat(absl::BytesToHexString(Sha256(text)), "\n", options.partner, "\n", options.source, "\n",
                               options.validate_only, "\n", options.batch_size, "\n", list_time))
      .ToString();
}

BatchImportCustomersRequest MakeRequest(const ImportOptions& options, const std::string& attempt,
                                        const CustomerList& list, int batch) {
  BatchImportCustomersRequest request;
  request.set_parent(options.partner);
  request.set_source(options.source);
  request.set_validate_only(options.validate_only);
  if (options.list_time.has_value()) {
    const int64_t seconds = absl::ToUnixSeconds(*options.list_time);
    request.mutable_list_time()->set_seconds(seconds);
    request.mutable_list_time()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*options.list_time - absl::FromUnixSeconds(seconds))));
  }
  request.set_request_id(Uuid::V5(Space(), absl::StrCat(attempt, "/", batch)).ToString());
  const size_t size = static_cast<size_t>(options.batch_size);
  const size_t end = std::min(list.rows.size(), (batch + 1) * size);
  for (size_t i = batch * size; i < end; ++i) *request.add_rows() = list.rows[i].import;
  return request;
}

ImportResult RunImport(const ImportOptions& options, const CustomerList& list, const ImportPorts& ports,
                       Journal* journal) {
  ImportResult result;
  size_t refused = 0;
  for (int batch = 0; result.outcomes.size() < list.rows.size(); ++batch) {
    const auto request = MakeRequest(options, journal->attempt(), list, batch);
    if (journal->batches().count(batch) == 0) {
      const auto response = CallWithPatience(options, ports, request, result.outcomes.size(), refused);
      if (!response.ok()) {
        result.stopped = response.status();
        return result;
      }
      std::vector<RowOutcome> outcomes;
      for (const auto& outcome : response->outcomes()) {
        outcomes.push_back(ToOutcome(outcome, list, result.outcomes.size()));
      }
      if (outcomes.size() != static_cast<size_t>(request.rows_size())) {
        result.stopped = absl::InternalError(
            absl::StrCat("the server answered ", outcomes.size(), " outcomes for ", request.rows_size(), " rows"));
        return result;
      }
      if (absl::Status recorded = journal->Record(batch, std::move(outcomes)); !recorded.ok()) {
        result.stopped = recorded;
        return result;
      }
    }
    const auto& answered = journal->batches().at(batch);
    refused += CountRefused(answered);
    result.outcomes.insert(result.outcomes.end(), answered.begin(), answered.end());
    ports.progress(result.outcomes.size(), refused, absl::OkStatus());
  }
  return result;
}

bool RepeatingHelps(const absl::Status& stopped) {
  switch (stopped.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return Passes(stopped);
    default:
      return true;
  }
}

ExitCode ExitCodeOf(const CustomerList& list, const ImportResult& result) {
  if (!result.stopped.ok()) return RepeatingHelps(result.stopped) ? kStopped : kMendFirst;
  return list.broken.empty() && CountRefused(result.outcomes) == 0 ? kAllIn : kSomeRefused;
}

}  // namespace clientele::import_customers
