#include "common/pg/failure.h"

#include <pqxx/pqxx>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "common/core/error.h"

namespace clientele::pg {
namespace {

// A payload of our own marks statuses that are failures of a statement; ForCaller takes it off.
constexpr char kFailureUrl[] = "clientele.pg.Failure";

// The server stops, has stopped, serves no writes, or a plan outlived a migration: a new connection mends it.
bool WantsNewConnection(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "08") || absl::StartsWith(sqlstate, "57P") || sqlstate == "25006" ||
         sqlstate == "25P03" || sqlstate == "0A000";
}

// With these the statement may have been committed, or the server could not say.
bool LeavesDoubt(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "08") || absl::StartsWith(sqlstate, "57P");
}

// Data exceptions and raised ones quote the value that they refuse.
bool MayQuoteValues(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "22") || absl::StartsWith(sqlstate, "P0");
}

// libpqxx drops the state of this error alone.
std::string StateOf(const pqxx::sql_error& error) {
  return dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr ? "42501" : error.sqlstate();
}

Cause CauseOf(const pqxx::sql_error& error) {
  Cause cause;
  cause.sqlstate = StateOf(error);
  // Without a state it is libpq's own, of a connection that it may still take for a good one: a crash of PostgreSQL
  // leaves a notice to read, but nobody to write to.
  if (cause.sqlstate.empty()) return {Failure::kConnection, false, "", ""};
  cause.answered = !LeavesDoubt(cause.sqlstate);
  if (!MayQuoteValues(cause.sqlstate)) cause.text = std::string(absl::StripSuffix(error.what(), "\n"));
  if (cause.sqlstate == "23505") {
    cause.failure = Failure::kUnique;
  } else if (cause.sqlstate == "55P03" || absl::StartsWith(cause.sqlstate, "40")) {
    cause.failure = Failure::kSerialization;
  } else if (cause.sqlstate == "57014") {
    cause.failure = Failure::kCancelled;
  } else if (WantsNewConnection(cause.sqlstate)) {
    cause.failure = Failure::kConnection;
  }
  return cause;
}

}  // namespace

Cause CurrentCause() {
  try {
    throw;
  } catch (const pqxx::sql_error& error) {
    return CauseOf(error);
  } catch (const pqxx::statement_completion_unknown&) {
    return {Failure::kConnection, false, "40003", ""};
  } catch (const pqxx::transaction_rollback&) {
    return {Failure::kSerialization, true, "40", ""};  // 40001 or 40P01: libpqxx hides which
  } catch (const pqxx::broken_connection&) {
    return {Failure::kConnection, false, "", ""};
  } catch (const pqxx::in_doubt_error&) {
    return {Failure::kConnection, false, "", ""};
  } catch (const std::exception& error) {
    return {Failure::kOther, false, "", error.what()};
  }
}

absl::Status FailureStatus(Failure failure) {
  absl::Status status;
  switch (failure) {
    case Failure::kNone:
      return absl::OkStatus();
    case Failure::kUnique:
      status = absl::AbortedError("another row has this key");
      break;
    case Failure::kSerialization:
      status = absl::AbortedError("another write came between");
      break;
    case Failure::kConnection:
      status = absl::UnavailableError("the connection to the database broke");
      break;
    case Failure::kInDoubt:
      status = absl::UnknownError("the connection broke while a write was on its way");
      break;
    case Failure::kCancelled:
      status = absl::DeadlineExceededError("the statement took too long");
      break;
    case Failure::kOther:
      status = absl::InternalError("a statement failed");
      break;
  }
  status.SetPayload(kFailureUrl, absl::Cord(std::string(1, static_cast<char>('0' + static_cast<int>(failure)))));
  return status;
}

Failure FailureOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kFailureUrl);
  if (!payload.has_value() || payload->size() != 1) return Failure::kNone;
  return static_cast<Failure>((*payload)[0] - '0');
}

absl::Status DatabaseUnavailable() {
  return WithRetry(MakeError(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                             "the database cannot be reached now; try again"),
                   absl::Seconds(1));
}

absl::Status ForCaller(const absl::Status& status) {
  switch (FailureOf(status)) {
    case Failure::kNone:
      return status;
    case Failure::kUnique:
    case Failure::kSerialization:
      return WithRetry(MakeError(absl::StatusCode::kAborted, "WRITE_CONFLICT",
                                 "other writes to the same resource came between; try again"),
                       absl::Milliseconds(100));
    case Failure::kConnection:
      return DatabaseUnavailable();
    case Failure::kInDoubt:
      return MakeError(absl::StatusCode::kUnknown, "COMMIT_UNKNOWN",
                       "the connection to the database broke; the change may or may not have been made");
    case Failure::kCancelled:
      return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "the database took too long");
    case Failure::kOther:
      break;
  }
  return MakeError(absl::StatusCode::kInternal, "INTERNAL", "an internal error; it has been logged");
}

}  // namespace clientele::pg
