#include "common/pg/migration.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/core/backoff.h"
#include "common/core/error.h"
#include "common/core/sha256.h"
#include "common/obs/log.h"
#include "common/pg/failure.h"

namespace clientele::migrations {
extern const std::vector<pg::Migration> kFoundation;
}  // namespace clientele::migrations

namespace clientele::pg {
namespace {

constexpr int kMaxLockAttempts = 20;
constexpr absl::Duration kLockWait = absl::Minutes(10);
constexpr absl::Duration kPoll = absl::Milliseconds(100);

const Statement kTryLock{"migration_try_lock",
                         "SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text) "
                         "THEN pg_try_advisory_lock(hashtextextended('clientele migrate ' || $1::text, 0)) END"};
const Statement kHasTable{"migration_has_table", "SELECT to_regclass('schema_migration') IS NOT NULL"};
const Statement kApplied{"migration_applied", "SELECT name, checksum FROM schema_migration"};
const Statement kRecord{"migration_record", "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)"};
const Statement kRenew{"migration_new_epoch", "UPDATE feed_epoch SET epoch = gen_random_uuid()"};

constexpr char kCreateTable[] = R"sql(
CREATE TABLE IF NOT EXISTS schema_migration (
  name       text COLLATE "C" PRIMARY KEY,
  checksum   text NOT NULL,
  apply_time timestamptz NOT NULL DEFAULT now()
))sql";

std::string Checksum(absl::string_view sql) { return absl::BytesToHexString(Sha256(sql)); }

absl::Status SchemaError(absl::string_view reason, absl::string_view message, absl::string_view migration) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason, message, {{"migration", std::string(migration)}});
}

// The foundation's, then the service's.
std::vector<Migration> Ordered(const std::vector<Migration>& migrations) {
  std::map<std::string, Migration> by_name;
  for (const Migration& migration : FoundationMigrations()) by_name.emplace(migration.name, migration);
  for (const Migration& migration : migrations) by_name.emplace(migration.name, migration);
  std::vector<Migration> ordered;
  ordered.reserve(by_name.size());
  for (const auto& [name, migration] : by_name) ordered.push_back(migration);
  return ordered;
}

// Applied migrations: name → checksum.
absl::StatusOr<std::map<std::string, std::string>> Applied(Connection& session) {
  const absl::StatusOr<Rows> has_table = session.Read(kHasTable, {});
  if (!has_table.ok()) return has_table.status();
  std::map<std::string, std::string> applied;
  if (!has_table->Bool(0, 0)) return applied;
  const absl::StatusOr<Rows> rows = session.Read(kApplied, {});
  if (!rows.ok()) return rows.status();
  for (int row = 0; row < rows->size(); ++row) {
    applied.emplace(std::string(rows->Text(row, 0)), std::string(rows->Text(row, 1)));
  }
  return applied;
}

absl::Status CheckChecksum(const Migration& migration, const std::string& checksum) {
  if (checksum == Checksum(migration.sql)) return absl::OkStatus();
  return SchemaError("SCHEMA_DIFFERS",
                     absl::StrCat("migration ", migration.name, " was applied with another text than this binary's"),
                     migration.name);
}

// Waits for its locks in short tries: a queued ACCESS EXCLUSIVE would hold up every reader behind it.
absl::Status Apply(Connection& session, const Migration& migration) {
  const Backoff backoff{absl::Milliseconds(200), absl::Seconds(5), 2.0};
  for (int attempt = 1;; ++attempt) {
    absl::Status status = session.Transaction([&]() -> absl::Status {
      absl::Status done = session.Execute(migration.sql);
      if (!done.ok()) return done;
      return session.Write(kRecord, Params().Text(migration.name).Text(Checksum(migration.sql))).status();
    });
    if (FailureOf(status) != Failure::kSerialization || attempt == kMaxLockAttempts) return status;
    absl::SleepFor(backoff.Delay(attempt));
  }
}

absl::Status ApplyMissing(Connection& session, const std::vector<Migration>& migrations, bool allow_newer) {
  absl::Status status = session.Execute(kCreateTable);
  if (!status.ok()) return status;
  const absl::StatusOr<std::map<std::string, std::string>> applied = Applied(session);
  if (!applied.ok()) return applied.status();
  std::map<std::string, std::string> unknown = *applied;
  for (const Migration& migration : migrations) {
    const auto found = unknown.find(migration.name);
    if (found == unknown.end()) continue;
    status = CheckChecksum(migration, found->second);
    if (!status.ok()) return status;
    unknown.erase(found);
  }
  if (!unknown.empty() && !allow_newer) {
    return SchemaError("SCHEMA_NEWER", "the schema has migrations that this binary does not know",
                       unknown.begin()->first);
  }
  for (const Migration& migration : migrations) {
    if (applied->count(migration.name) != 0) continue;
    status = Apply(session, migration);
    if (!status.ok()) {
      obs::Log(obs::Level::kError, "a migration failed", {{"migration", migration.name}});
      return status;
    }
    obs::Log(obs::Level::kInfo, "migrated", {{"schema", session.options().schema}, {"migration", migration.name}});
  }
  return absl::OkStatus();
}

// The advisory lock is polled for: waiting in the server would run into the session's own ceilings.
absl::Status Lock(Connection& session) {
  const absl::Time give_up = absl::Now() + kLockWait;
  while (true) {
    const absl::StatusOr<Rows> rows = session.Read(kTryLock, Params().Text(session.options().schema));
    if (!rows.ok()) return rows.status();
    if (rows->IsNull(0, 0)) {
      return SchemaError("SCHEMA_MISSING", absl::StrCat("the database has no schema ", session.options().schema), "");
    }
    if (rows->Bool(0, 0)) return absl::OkStatus();
    if (absl::Now() >= give_up) return absl::DeadlineExceededError("another migration does not end");
    absl::SleepFor(kPoll);
  }
}

}  // namespace

const std::vector<Migration>& FoundationMigrations() { return migrations::kFoundation; }

absl::Status Migrate(Connection& session, const std::vector<Migration>& migrations, bool allow_newer) {
  if (!session.connected()) {
    absl::Status connected = session.Connect();
    if (!connected.ok()) return connected;
  }
  absl::Status status = Lock(session);
  if (!status.ok()) return ForCaller(status);
  // A table may take longer to change than a request may take.
  status = session.Execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
  if (status.ok()) status = ApplyMissing(session, Ordered(migrations), allow_newer);
  // Gives back the lock and the ceilings, also where the connection is in no state to be asked.
  session.Close();
  const absl::Status connected = session.Connect();
  return status.ok() ? connected : ForCaller(status);
}

absl::Status CheckSchema(Connection& session, const std::vector<Migration>& migrations) {
  const absl::StatusOr<std::map<std::string, std::string>> applied = Applied(session);
  if (!applied.ok()) return ForCaller(applied.status());
  for (const Migration& migration : Ordered(migrations)) {
    const auto found = applied->find(migration.name);
    if (found == applied->end()) {
      return SchemaError("SCHEMA_TOO_OLD", absl::StrCat("migration ", migration.name, " is not applied"),
                         migration.name);
    }
    absl::Status same = CheckChecksum(migration, found->second);
    if (!same.ok()) return same;
  }
  return absl::OkStatus();
}

absl::Status WaitForSchema(Connection& session, const std::vector<Migration>& migrations, absl::Time deadline,
                           const std::function<bool()>& give_up) {
  while (true) {
    absl::Status status = session.connected() ? absl::OkStatus() : session.Connect();
    if (status.ok()) status = CheckSchema(session, migrations);
    if (status.ok() || ReasonOf(status) == "SCHEMA_DIFFERS" || absl::Now() + kPoll >= deadline) return status;
    if (give_up && give_up()) return status;
    absl::SleepFor(kPoll);
  }
}

absl::Status NewEpoch(Connection& session) { return ForCaller(session.Write(kRenew, {}).status()); }

}  // namespace clientele::pg
