#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Typed errors: absl::Status with the details of google.rpc.error_details as payloads. The header names no proto, so
// that domain code can use it; what is put in here reaches the caller unchanged.
namespace clientele {

// One violated rule of one field of a request.
struct FieldViolation {
  std::string field;        // path, such as customer.billing_profile.email
  std::string description;  // what is expected
  std::string reason;       // machine-readable, such as PATTERN; joins the metadata as violations.<field>
  std::string pc_code;      // the Partner Center code, where there is one
};

// One fact that blocks a change.
struct PreconditionViolation {
  std::string type;         // such as TERMINATION_HOLD
  std::string subject;      // name of the resource that blocks
  std::string description;  // what to do about it
};

using ErrorMetadata = std::map<std::string, std::string>;

// The domain of every google.rpc.ErrorInfo.
inline constexpr char kErrorDomain[] = "clientele";
// Most violations that one error carries; the rest is counted in the metadata `total`.
inline constexpr int kMaxViolations = 20;

// An error with its ErrorInfo. Everything dynamic in `message` also stands in `metadata`.
absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                       const ErrorMetadata& metadata = {});

// INVALID_ARGUMENT/INVALID_FIELD with every violation. Ok when there is none.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);

// The violations of two checks of one request: `first`, and what `second` says of fields that `first` does not name.
// `first` itself where `second` is no INVALID_FIELD.
absl::Status JoinInvalidFields(const absl::Status& first, const absl::Status& second);

// FAILED_PRECONDITION with a violation for each fact that blocks.
absl::Status Blocked(absl::string_view reason, absl::string_view message,
                     const std::vector<PreconditionViolation>& violations);

// NOT_FOUND/<resource>_NOT_FOUND for `type` CUSTOMER and the like.
absl::Status NotFound(absl::string_view type, absl::string_view name, const ErrorMetadata& metadata = {});

// ABORTED/ETAG_MISMATCH.
absl::Status EtagMismatch(absl::string_view name, absl::string_view current_etag);
// EtagMismatch where an etag is `given` that is not the `current` one. A command asks this right after it knows that
// the resource exists and that the request is no repeat, before anything is decided.
absl::Status CheckEtag(absl::string_view name, absl::string_view given, absl::string_view current);

// FAILED_PRECONDITION/INVALID_STATE_TRANSITION, or ALREADY_IN_STATE where `from` equals `to`.
absl::Status InvalidTransition(absl::string_view name, absl::string_view from, absl::string_view to);

// The same error with ResourceInfo, QuotaFailure or RetryInfo added.
absl::Status WithResource(absl::Status status, absl::string_view type, absl::string_view name,
                          absl::string_view description);
absl::Status WithQuota(absl::Status status, absl::string_view subject, absl::string_view description);
absl::Status WithRetry(absl::Status status, absl::Duration delay);

// Details of an error; empty or nullopt-like values where it carries none.
std::string ReasonOf(const absl::Status& status);
ErrorMetadata MetadataOf(const absl::Status& status);
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);
std::vector<PreconditionViolation> PreconditionViolationsOf(const absl::Status& status);
// Zero where the error carries no RetryInfo.
absl::Duration RetryDelayOf(const absl::Status& status);

// A serialized google.rpc.Status, and back. Lossless for what this file makes.
std::string SerializeStatus(const absl::Status& status);
absl::Status ParseStatus(absl::string_view serialized);

}  // namespace clientele
