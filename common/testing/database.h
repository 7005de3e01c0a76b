#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/pg/migration.h"
#include "common/pg/session.h"

namespace clientele::testing {

// A throw-away PostgreSQL cluster of this process: made and started at the first use, on a Unix socket in a short
// temporary folder, as an unprivileged user where the test runs as root; stopped and removed at exit (also after a
// crash: a watcher process sees to it). fsync is off: what is committed outlives a kill of PostgreSQL, not of the
// machine. Thread-safe; Kill, Restart, Pause and Resume are for one thread.
class Cluster {
 public:
  static Cluster& Shared();

  // A new database with `schema`, the foundation's and `migrations` applied, owned by the role <schema>_service that
  // the options log in as: no superuser. pg_trgm and unaccent are in the schema `extensions`. Names are unique.
  pg::SessionOptions NewDatabase(const std::string& schema, const std::vector<pg::Migration>& migrations);

  // The same database, as the superuser.
  static pg::SessionOptions AsSuperuser(pg::SessionOptions options);

  // For tests of faults: kill -9 of the postmaster, start again, SIGSTOP and SIGCONT of all of it.
  void Kill();
  void Restart();
  void Pause();
  void Resume();

 private:
  Cluster();
  ~Cluster();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clientele::testing
