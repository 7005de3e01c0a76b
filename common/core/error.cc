#include "common/core/error.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace clientele {
namespace {

constexpr char kTypePrefix[] = "type.googleapis.com/";
constexpr char kInvalidField[] = "INVALID_FIELD";
constexpr char kTotal[] = "total";
constexpr char kPcCode[] = "pc_code";

template <class Detail>
std::string UrlOf() {
  return absl::StrCat(kTypePrefix, Detail::descriptor()->full_name());
}

template <class Detail>
void Put(absl::Status& status, const Detail& detail) {
  status.SetPayload(UrlOf<Detail>(), absl::Cord(detail.SerializeAsString()));
}

template <class Detail>
bool Get(const absl::Status& status, Detail& detail) {
  const absl::optional<absl::Cord> payload = status.GetPayload(UrlOf<Detail>());
  return payload.has_value() && detail.ParseFromString(std::string(*payload));
}

// `violations` are all, or the first, of `total`.
absl::Status Invalid(const std::vector<FieldViolation>& violations, size_t total, const std::string& pc_code) {
  ErrorMetadata metadata{{kTotal, absl::StrCat(total)}};
  if (!pc_code.empty()) metadata[kPcCode] = pc_code;
  google::rpc::BadRequest bad;
  for (size_t i = 0; i < violations.size() && i < kMaxViolations; ++i) {
    const FieldViolation& violation = violations[i];
    auto* entry = bad.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
    if (!violation.reason.empty()) metadata[absl::StrCat("violations.", violation.field)] = violation.reason;
  }
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, kInvalidField,
                                  absl::StrCat(violations[0].field, ": ", violations[0].description,
                                               total > 1 ? absl::StrCat(" (and ", total - 1, " more)") : ""),
                                  metadata);
  Put(status, bad);
  return status;
}

// How many violations an INVALID_FIELD counts; 0 for other errors.
size_t TotalOf(const absl::Status& status) {
  size_t total = 0;
  return ReasonOf(status) == kInvalidField && absl::SimpleAtoi(MetadataOf(status)[kTotal], &total) ? total : 0;
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                       const ErrorMetadata& metadata) {
  absl::Status status(code, message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  Put(status, info);
  return status;
}

absl::Status InvalidFields(const std::vector<FieldViolation>& violations) {
  if (violations.empty()) return absl::OkStatus();
  const auto with_code =
      std::find_if(violations.begin(), violations.end(), [](const auto& one) { return !one.pc_code.empty(); });
  return Invalid(violations, violations.size(), with_code == violations.end() ? "" : with_code->pc_code);
}

absl::Status JoinInvalidFields(const absl::Status& first, const absl::Status& second) {
  std::vector<FieldViolation> violations = FieldViolationsOf(first);
  std::set<std::string> told;
  for (const FieldViolation& violation : violations) told.insert(violation.field);
  size_t total = TotalOf(first) + TotalOf(second);
  for (FieldViolation& violation : FieldViolationsOf(second)) {
    if (told.count(violation.field) == 0) {
      violations.push_back(std::move(violation));
    } else {
      --total;
    }
  }
  const std::string pc_code = MetadataOf(first)[kPcCode];
  return violations.empty() ? first
                            : Invalid(violations, total, pc_code.empty() ? MetadataOf(second)[kPcCode] : pc_code);
}

absl::Status Blocked(absl::string_view reason, absl::string_view message,
                     const std::vector<PreconditionViolation>& violations) {
  absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, reason, message, {{kTotal, absl::StrCat(violations.size())}});
  google::rpc::PreconditionFailure failure;
  for (size_t i = 0; i < violations.size() && i < kMaxViolations; ++i) {
    auto* entry = failure.add_violations();
    entry->set_type(violations[i].type);
    entry->set_subject(violations[i].subject);
    entry->set_description(violations[i].description);
  }
  Put(status, failure);
  return status;
}

absl::Status NotFound(absl::string_view type, absl::string_view name, const ErrorMetadata& metadata) {
  ErrorMetadata all = metadata;
  all["resource"] = std::string(name);
  std::string words = absl::AsciiStrToLower(type);
  std::replace(words.begin(), words.end(), '_', ' ');
  return WithResource(MakeError(absl::StatusCode::kNotFound, absl::StrCat(type, "_NOT_FOUND"),
                                absl::StrCat("no such ", words, ": ", name), all),
                      type, name, "does not exist, or is not visible to the caller");
}

absl::Status EtagMismatch(absl::string_view name, absl::string_view current_etag) {
  return MakeError(absl::StatusCode::kAborted, "ETAG_MISMATCH",
                   absl::StrCat(name, " changed since it was read; read it again"),
                   {{"resource", std::string(name)}, {"etag", std::string(current_etag)}});
}

absl::Status CheckEtag(absl::string_view name, absl::string_view given, absl::string_view current) {
  return given.empty() || given == current ? absl::OkStatus() : EtagMismatch(name, current);
}

absl::Status InvalidTransition(absl::string_view name, absl::string_view from, absl::string_view to) {
  const bool repeated = from == to;
  return MakeError(absl::StatusCode::kFailedPrecondition, repeated ? "ALREADY_IN_STATE" : "INVALID_STATE_TRANSITION",
                   repeated ? absl::StrCat(name, " is ", from, " already")
                            : absl::StrCat(name, " is ", from, " and cannot become ", to),
                   {{"resource", std::string(name)}, {"from", std::string(from)}, {"to", std::string(to)}});
}

absl::Status WithResource(absl::Status status, absl::string_view type, absl::string_view name,
                          absl::string_view description) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(std::string(type));
  info.set_resource_name(std::string(name));
  info.set_description(std::string(description));
  Put(status, info);
  return status;
}

absl::Status WithQuota(absl::Status status, absl::string_view subject, absl::string_view description) {
  google::rpc::QuotaFailure failure;
  auto* violation = failure.add_violations();
  violation->set_subject(std::string(subject));
  violation->set_description(std::string(description));
  Put(status, failure);
  return status;
}

absl::Status WithRetry(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  info.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(delay % absl::Seconds(1))));
  Put(status, info);
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return Get(status, info) ? info.reason() : "";
}

ErrorMetadata MetadataOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  if (!Get(status, info)) return {};
  return ErrorMetadata(info.metadata().begin(), info.metadata().end());
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  google::rpc::BadRequest bad;
  std::vector<FieldViolation> violations;
  if (!Get(status, bad)) return violations;
  const ErrorMetadata metadata = MetadataOf(status);
  for (const auto& entry : bad.field_violations()) {
    const auto reason = metadata.find(absl::StrCat("violations.", entry.field()));
    violations.push_back({entry.field(), entry.description(), reason == metadata.end() ? "" : reason->second, ""});
  }
  return violations;
}

std::vector<PreconditionViolation> PreconditionViolationsOf(const absl::Status& status) {
  google::rpc::PreconditionFailure failure;
  std::vector<PreconditionViolation> violations;
  if (!Get(status, failure)) return violations;
  for (const auto& entry : failure.violations()) {
    violations.push_back({entry.type(), entry.subject(), entry.description()});
  }
  return violations;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  google::rpc::RetryInfo info;
  if (!Get(status, info)) return absl::ZeroDuration();
  return absl::Seconds(info.retry_delay().seconds()) + absl::Nanoseconds(info.retry_delay().nanos());
}

std::string SerializeStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto* detail = out.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  // Payloads come in no order; readers find the ErrorInfo first, and the same error is the same bytes.
  const std::string first = UrlOf<google::rpc::ErrorInfo>();
  std::sort(out.mutable_details()->begin(), out.mutable_details()->end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(a.type_url() != first, a.type_url()) < std::make_tuple(b.type_url() != first, b.type_url());
  });
  return out.SerializeAsString();
}

absl::Status ParseStatus(absl::string_view serialized) {
  google::rpc::Status in;
  if (!in.ParseFromArray(serialized.data(), static_cast<int>(serialized.size()))) {
    return absl::InternalError("a stored status cannot be read");
  }
  absl::Status status(static_cast<absl::StatusCode>(in.code()), in.message());
  for (const auto& detail : in.details()) status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return status;
}

}  // namespace clientele
