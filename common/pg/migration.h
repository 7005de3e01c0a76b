#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/pg/session.h"

namespace clientele::pg {

// One step of a schema, forward only. Its name is NNNN_what; names sort in the order of application.
struct Migration {
  const char* name;
  const char* sql;
};

// The tables that common code owns in every schema (idempotency, outbox, audit, sagas, cursors); applied first.
const std::vector<Migration>& FoundationMigrations();

// Applies what is missing of the foundation's and then of `migrations` (which may list the foundation's too), each in a
// transaction of its own, under an advisory lock; safe from several replicas at once. FAILED_PRECONDITION where an
// applied migration's text differs from ours (checksum: SCHEMA_DIFFERS), or where the schema has migrations that we do
// not know (SCHEMA_NEWER) and `allow_newer` is false.
absl::Status Migrate(Connection& session, const std::vector<Migration>& migrations, bool allow_newer = false);

// Ok where every migration of ours, the foundation's with them, is applied; newer ones are fine. Else
// FAILED_PRECONDITION/SCHEMA_TOO_OLD or SCHEMA_DIFFERS.
absl::Status CheckSchema(Connection& session, const std::vector<Migration>& migrations);

// Waits for CheckSchema, polling, connecting where that is needed; the last answer at the deadline (real time), or once
// `give_up` (asked between two looks; may be empty) answers true.
absl::Status WaitForSchema(Connection& session, const std::vector<Migration>& migrations, absl::Time deadline,
                           const std::function<bool()>& give_up = nullptr);

// Begins a new epoch of the feed: after a restore, positions of the lost history must not be understood.
absl::Status NewEpoch(Connection& session);

}  // namespace clientele::pg
