#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/core/mutex.h"
#include "common/pg/statement.h"

namespace clientele::pg {

// What a failed statement means to the code that ran it. Exceptions of libpqxx are classified into these at one seam
// and never leave common/pg.
enum class Failure {
  kNone,
  kUnique,         // 23505
  kSerialization,  // 40001, 40P01, lock timeout: again, with jitter
  kConnection,     // broken before anything could commit: again on a new connection
  kInDoubt,        // broken while a write was on its way: it may have committed
  kCancelled,      // statement timeout
  kOther,          // a bug of ours or of the schema; the text is logged and never answered
};

Failure FailureOf(const absl::Status& status);

struct SessionOptions {
  std::string conninfo;  // libpq; no password in it
  std::string schema;    // search_path is `schema, extensions`
  std::string application_name;
  // Session ceilings; rounded up to 1 ms, since 0 would switch them off.
  absl::Duration statement_timeout = absl::Seconds(5);
  absl::Duration lock_timeout = absl::Seconds(2);
  absl::Duration connect_timeout = absl::Seconds(3);
};

class Groupable;

// What jobs and commands see of the database. Not thread-safe: its worker owns it. A broken session answers kConnection
// until Connect.
class Session {
 public:
  virtual ~Session() = default;

  virtual bool connected() const = 0;
  // A new connection in place of the old one, with every setting. UNAVAILABLE/DATABASE_UNAVAILABLE where it cannot.
  virtual absl::Status Connect() = 0;
  virtual void Close() = 0;
  // Breaks the connection under whatever waits for it, for good: nothing connects any more. What is connecting ends by
  // its own timeout. The one function for any thread.
  virtual void Abort() = 0;
  // Notices a connection that the server closed while it was idle, without asking the server.
  virtual bool Alive() = 0;

  // Runs one statement in autocommit (or in the open transaction). Outside a transaction it connects again itself,
  // once, where the connection breaks under it.
  virtual absl::StatusOr<Rows> Read(const Statement& statement, const Params& params) = 0;
  // As Read; a connection that breaks once the statement was sent is kInDoubt (in a transaction: kConnection), and
  // stays broken.
  virtual absl::StatusOr<Rows> Write(const Statement& statement, const Params& params) = 0;
  // A read whose text was built at run time (a filter's SQL with bound parameters). Prepared per distinct text, at most
  // 200, oldest dropped first.
  virtual absl::StatusOr<Rows> ReadDynamic(const std::string& sql, const Params& params) = 0;
  // Runs `statement`, together with its like where sessions share connections.
  virtual void Run(Groupable& statement) = 0;

  // BEGIN … COMMIT around `work`; rolled back where it, or any statement in it, fails. A commit that breaks is
  // kInDoubt. Not nested.
  virtual absl::Status Transaction(const std::function<absl::Status()>& work) = 0;
};

// The session that is one connection, with its prepared statements.
class Connection final : public Session {
 public:
  // Does not connect.
  explicit Connection(SessionOptions options);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const override;
  absl::Status Connect() override;
  void Close() override;
  void Abort() override;
  bool Alive() override;
  absl::StatusOr<Rows> Read(const Statement& statement, const Params& params) override;
  absl::StatusOr<Rows> Write(const Statement& statement, const Params& params) override;
  absl::StatusOr<Rows> ReadDynamic(const std::string& sql, const Params& params) override;
  void Run(Groupable& statement) override;
  absl::Status Transaction(const std::function<absl::Status()>& work) override;

  // Several statements without parameters, for migrations and tests.
  absl::Status Execute(const std::string& sql);
  const SessionOptions& options() const { return options_; }

 private:
  struct Link;
  struct Source;
  absl::StatusOr<Rows> Send(const Source& source, const Params& params, bool write);
  absl::StatusOr<Rows> SendRead(const Source& source, const Params& params);
  absl::Status Plain(const std::string& sql);
  absl::Status Fail(const std::string& name, bool in_doubt);
  bool Aborted();
  // Makes `link_` known to Abort; false where that came first.
  bool Expose();

  const SessionOptions options_;
  Mutex abort_mutex_;
  bool aborted_ ABSL_GUARDED_BY(abort_mutex_) = false;
  int socket_ ABSL_GUARDED_BY(abort_mutex_) = -1;  // a second descriptor of the connection's: its number is ours alone
  std::unique_ptr<Link> link_;
  bool in_transaction_ = false;
  absl::Status transaction_failure_;  // of the first statement that failed in the open transaction
  bool outage_logged_ = false;
};

// UNAVAILABLE/DATABASE_UNAVAILABLE with RetryInfo.
absl::Status DatabaseUnavailable();
// What a caller is told of a failed statement: kInDoubt is UNKNOWN/COMMIT_UNKNOWN, kSerialization is
// ABORTED/WRITE_CONFLICT with RetryInfo, kConnection UNAVAILABLE, kCancelled DEADLINE_EXCEEDED, kOther INTERNAL
// without the cause. Statuses that are not failures of a statement pass unchanged.
absl::Status ForCaller(const absl::Status& status);

}  // namespace clientele::pg
