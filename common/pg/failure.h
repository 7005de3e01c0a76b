#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/pg/session.h"

namespace clientele::pg {

// The seam where exceptions of libpqxx become failures. Private to common/pg.
struct Cause {
  Failure failure = Failure::kOther;
  // The server itself said that the statement failed, so nothing of it was committed.
  bool answered = false;
  std::string sqlstate;
  // The server's text where it cannot hold values of a caller; else empty.
  std::string text;
};

// Classifies the exception that is being handled: for use in a catch block only.
Cause CurrentCause();

// A status that FailureOf understands. Says nothing that a caller may not see.
absl::Status FailureStatus(Failure failure);

}  // namespace clientele::pg
