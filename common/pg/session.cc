#include "common/pg/session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <mutex>
#include <pqxx/pqxx>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/obs/log.h"
#include "common/pg/failure.h"
#include "common/pg/groupable.h"
#include "common/pg/rows_result.h"

namespace clientele::pg {
namespace {

constexpr size_t kMaxDynamicStatements = 200;

int64_t CeilMillis(absl::Duration duration) {
  return std::max<int64_t>(1, absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1))));
}

// What has no say in the outcome of a statement must not outlast it for long.
absl::Duration SocketTimeout(const SessionOptions& options) { return options.statement_timeout + absl::Seconds(5); }

// Ours come first: what the operator wrote wins.
std::string ConninfoOf(const SessionOptions& options) {
  return absl::StrCat(
      "connect_timeout=", absl::ToInt64Seconds(absl::Ceil(options.connect_timeout, absl::Seconds(1))),
      " tcp_user_timeout=", CeilMillis(SocketTimeout(options)),
      " keepalives_idle=10 keepalives_interval=5 keepalives_count=3 client_encoding=UTF8 application_name='",
      absl::StrReplaceAll(options.application_name, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ", options.conninfo);
}

std::string SettingsOf(const SessionOptions& options) {
  std::string sql = absl::StrCat("SET lock_timeout = ", CeilMillis(options.lock_timeout),
                                 "; SET idle_in_transaction_session_timeout = ", CeilMillis(SocketTimeout(options)),
                                 "; SET tcp_user_timeout = ", CeilMillis(SocketTimeout(options)),
                                 "; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET bytea_output = 'hex'"
                                 "; SET client_min_messages = 'warning'; SET jit = off"
                                 // The plan of a prepared statement is kept while its tables grow: one that was made
                                 // when a table was empty must use the index all the same.
                                 "; SET enable_seqscan = off");
  if (!options.schema.empty()) {
    absl::StrAppend(&sql, "; SET search_path = \"", absl::StrReplaceAll(options.schema, {{"\"", "\"\""}}),
                    "\", extensions");
  }
  // Last: a low ceiling would cut off the settings themselves.
  absl::StrAppend(&sql, "; SET statement_timeout = ", CeilMillis(options.statement_timeout));
  return sql;
}

// libpq takes values as C strings: a NUL would silently cut one short.
bool HoldsNul(const Params& params) {
  return std::any_of(params.values().begin(), params.values().end(), [](const std::optional<std::string>& value) {
    return value.has_value() && value->find('\0') != std::string::npos;
  });
}

}  // namespace

// A statement to run: by name, or by its text alone.
struct Connection::Source {
  const std::string* name;  // nullptr: prepared per text
  const std::string& sql;
};

struct Connection::Link {
  explicit Link(const std::string& conninfo) : connection(conninfo), quiet(connection), work(connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // A silent reconnect would lose the session's settings and prepared statements.
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    // Without DETAIL, which quotes the values of the row.
    connection.set_verbosity(pqxx::connection_base::terse);
  }

  // The name under which `source` is prepared by now.
  const std::string& Prepare(const Source& source) {
    return source.name == nullptr ? PrepareDynamic(source.sql) : PrepareNamed(*source.name, source.sql);
  }

  pqxx::result Execute(const std::string& name, const Params& params) {
    std::vector<const char*> values;
    values.reserve(params.values().size());
    for (const auto& value : params.values()) values.push_back(value.has_value() ? value->c_str() : nullptr);
    return work.exec_prepared(name, pqxx::prepare::make_dynamic_params(values));
  }

  pqxx::connection connection;
  pqxx::quiet_errorhandler quiet;  // notices go nowhere: they may quote values
  // Open as long as the connection: it sends nothing of its own, so statements run in autocommit or between our own
  // BEGIN and COMMIT.
  pqxx::nontransaction work;

 private:
  struct Dynamic {
    std::string name;
    std::list<std::string>::iterator place;
  };

  const std::string& PrepareNamed(const std::string& name, const std::string& sql) {
    const auto found = named_.find(name);
    if (found != named_.end()) {
      if (found->second != sql) CLIENTELE_BUG("two statements have one name");
      return found->first;
    }
    connection.prepare(name, sql);
    connection.prepare_now(name);
    return named_.emplace(name, sql).first->first;
  }

  const std::string& PrepareDynamic(const std::string& sql) {
    const auto found = dynamic_.find(sql);
    if (found != dynamic_.end()) return found->second.name;
    if (dynamic_.size() >= kMaxDynamicStatements) {
      const auto oldest = dynamic_.find(ages_.front());
      connection.unprepare(oldest->second.name);
      dynamic_.erase(oldest);
      ages_.pop_front();
    }
    const std::string name = absl::StrCat("dynamic_", ++dynamic_count_);
    connection.prepare(name, sql);
    connection.prepare_now(name);
    ages_.push_back(sql);
    return dynamic_.emplace(sql, Dynamic{name, std::prev(ages_.end())}).first->second.name;
  }

  std::unordered_map<std::string, std::string> named_;  // name → text
  std::unordered_map<std::string, Dynamic> dynamic_;    // by text
  std::list<std::string> ages_;                         // texts, oldest first
  int64_t dynamic_count_ = 0;
};

Connection::Connection(SessionOptions options) : options_(std::move(options)) {
  static std::once_flag once;
  // A peer that goes away while we write to it must not end the process.
  std::call_once(once, [] { std::signal(SIGPIPE, SIG_IGN); });
}

Connection::~Connection() { Close(); }

bool Connection::connected() const { return link_ != nullptr && link_->connection.is_open(); }

absl::Status Connection::Connect() {
  Close();
  if (Aborted()) return DatabaseUnavailable();
  try {
    link_ = std::make_unique<Link>(ConninfoOf(options_));
    if (!Expose()) return DatabaseUnavailable();
    link_->work.exec(SettingsOf(options_));
  } catch (const std::exception& error) {
    Close();
    // The text names host, database and role, and nothing of a caller. Once for each outage.
    if (!outage_logged_) {
      obs::Log(obs::Level::kWarning, "cannot connect to the database",
               {{"schema", options_.schema}, {"error", error.what()}});
    }
    outage_logged_ = true;
    return DatabaseUnavailable();
  }
  if (outage_logged_) obs::Log(obs::Level::kInfo, "connected to the database again", {{"schema", options_.schema}});
  outage_logged_ = false;
  return absl::OkStatus();
}

void Connection::Close() {
  {
    MutexLock lock(&abort_mutex_);
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  link_.reset();
}

void Connection::Abort() {
  MutexLock lock(&abort_mutex_);
  aborted_ = true;
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

bool Connection::Aborted() {
  MutexLock lock(&abort_mutex_);
  return aborted_;
}

bool Connection::Expose() {
  {
    MutexLock lock(&abort_mutex_);
    if (!aborted_) {
      socket_ = fcntl(link_->connection.sock(), F_DUPFD_CLOEXEC, 0);
      return true;
    }
  }
  Close();
  return false;
}

bool Connection::Alive() {
  // Each round takes in what lies in the socket: a farewell of the server first, then the end of the stream.
  for (int round = 0; round < 4 && connected(); ++round) {
    pollfd waiting{link_->connection.sock(), POLLIN, 0};
    if (poll(&waiting, 1, 0) <= 0) return true;
    try {
      link_->connection.get_notifs();
    } catch (const std::exception&) {
      Close();
    }
  }
  return connected();
}

// In a catch block. `in_doubt`: a write outside a transaction was sent.
absl::Status Connection::Fail(const std::string& name, bool in_doubt) {
  Cause cause = CurrentCause();
  const bool open = connected();
  if (!open && !cause.answered) cause.failure = Failure::kConnection;
  if (cause.failure == Failure::kConnection) {
    if (in_doubt && !cause.answered) cause.failure = Failure::kInDoubt;
    Close();
  }
  if (cause.failure == Failure::kOther) {
    // What the server did not answer may have been committed.
    if (in_doubt && !cause.answered) cause.failure = Failure::kInDoubt;
    obs::Log(obs::Level::kError, "a statement failed",
             {{"statement", name}, {"sqlstate", cause.sqlstate}, {"error", cause.text}});
  }
  absl::Status status = FailureStatus(cause.failure);
  if (in_transaction_) transaction_failure_.Update(status);
  return status;
}

absl::StatusOr<Rows> Connection::Send(const Source& source, const Params& params, bool write) {
  if (HoldsNul(params)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "a text holds the character U+0000");
  }
  if (!connected()) {
    if (in_transaction_) transaction_failure_.Update(FailureStatus(Failure::kConnection));
    return FailureStatus(Failure::kConnection);
  }
  bool sent = false;
  try {
    const std::string& name = link_->Prepare(source);
    sent = true;
    Rows rows;
    rows.result_ = std::make_shared<const Rows::Result>(link_->Execute(name, params));
    return rows;
  } catch (...) {
    return Fail(source.name == nullptr ? "dynamic" : *source.name, sent && write && !in_transaction_);
  }
}

absl::StatusOr<Rows> Connection::SendRead(const Source& source, const Params& params) {
  const bool again = connected() && !in_transaction_;
  absl::StatusOr<Rows> rows = Send(source, params, false);
  if (!again || FailureOf(rows.status()) != Failure::kConnection || !Connect().ok()) return rows;
  return Send(source, params, false);
}

absl::StatusOr<Rows> Connection::Read(const Statement& statement, const Params& params) {
  return SendRead({&statement.name, statement.sql}, params);
}

absl::StatusOr<Rows> Connection::Write(const Statement& statement, const Params& params) {
  return Send({&statement.name, statement.sql}, params, true);
}

void Connection::Run(Groupable& statement) {
  const absl::Status status = statement.RunGroup(*this, {&statement});
  if (!status.ok()) statement.Refuse(status);
}

absl::StatusOr<Rows> Connection::ReadDynamic(const std::string& sql, const Params& params) {
  return SendRead({nullptr, sql}, params);
}

absl::Status Connection::Plain(const std::string& sql) {
  if (!connected()) return FailureStatus(Failure::kConnection);
  try {
    link_->work.exec(sql);
    return absl::OkStatus();
  } catch (...) {
    return Fail("plain", !in_transaction_);
  }
}

absl::Status Connection::Execute(const std::string& sql) { return Plain(sql); }

absl::Status Connection::Transaction(const std::function<absl::Status()>& work) {
  if (in_transaction_) {
    CLIENTELE_BUG("a transaction in a transaction");
    return FailureStatus(Failure::kOther);
  }
  // Nothing was done yet: a connection that breaks here is not in doubt.
  absl::Status begun = Plain("BEGIN");
  if (FailureOf(begun) == Failure::kInDoubt) begun = Connect().ok() ? Plain("BEGIN") : begun;
  if (FailureOf(begun) == Failure::kInDoubt) begun = FailureStatus(Failure::kConnection);
  if (!begun.ok()) return begun;
  in_transaction_ = true;
  transaction_failure_ = absl::OkStatus();
  absl::Status status = work();
  in_transaction_ = false;
  // After a failed statement COMMIT would roll back and not say so.
  status.Update(transaction_failure_);
  if (status.ok()) return Plain("COMMIT");
  if (connected() && !Plain("ROLLBACK").ok()) Close();
  return status;
}

}  // namespace clientele::pg
