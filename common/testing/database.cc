#include "common/testing/database.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/core/mutex.h"
#include "common/testing/child_process.h"

namespace clientele::testing {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kStartLimit = absl::Seconds(60);

// Runs when the test is gone, however it went: its standard input is a pipe that only the test holds open. A postmaster
// is ours where it works in our folder; the number in its file may be another process's by now.
constexpr char kWatch[] = R"sh(
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
ours() { [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; }
if ours "$1"; then
  kill -QUIT "$pid"; kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ours "$1" || break; sleep 0.1; done
  ours "$1" && kill -KILL "$pid"
fi
rm -rf "$1"
)sh";

// The user that PostgreSQL runs as: it refuses root.
ChildOptions RunAs() {
  ChildOptions options;
  options.uid = geteuid();
  options.gid = getegid();
  if (options.uid != 0) return options;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) {
      options.uid = user->pw_uid;
      options.gid = user->pw_gid;
      return options;
    }
  }
  GiveUp("there is no user postgres or nobody to run as");
}

// The newest installed server's programs.
std::string FindBin() {
  if (const char* given = std::getenv("CLIENTELE_POSTGRES_BIN")) return given;
  std::string best;
  int version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int found = std::atoi(entry.path().filename().c_str());
    if (found > version && fs::exists(entry.path() / "bin/postgres")) {
      version = found;
      best = entry.path() / "bin";
    }
  }
  if (best.empty()) GiveUp("no PostgreSQL server is installed under /usr/lib/postgresql");
  return best;
}

void MakeFolder(const std::string& path, const ChildOptions& user) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) GiveUp("cannot make " + path);
  struct stat info {};
  // Somebody else's folder or link under that name must not be trusted.
  if (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) GiveUp(path + " is no folder");
  if (info.st_uid == user.uid) return;
  if (info.st_uid != geteuid() || chown(path.c_str(), user.uid, user.gid) != 0) GiveUp(path + " is not ours");
}

// A fresh data directory, made once per version and user and then copied: initdb takes longer than most tests.
std::string Template(const std::string& bin, ChildOptions user) {
  const std::string version = fs::path(bin).parent_path().filename();
  const std::string root = absl::StrCat("/tmp/clientele-initdb-", version, "-", user.uid);
  MakeFolder(root, user);
  const int lock = open(absl::StrCat(root, "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) GiveUp("cannot lock " + root);
  std::string data = root + "/data";
  if (!fs::exists(data)) {
    const std::string draft = root + "/draft";
    fs::remove_all(draft);
    user.output = root + "/log";
    user.folder = root;
    RunChild({bin + "/initdb", "--pgdata=" + draft, "--username=postgres", "--auth=trust", "--encoding=UTF8",
              "--locale=C.UTF-8", "--no-sync"},
             user);
    RunChild({"/bin/sh", "-c",
              "printf '%s\\n' 'CREATE SCHEMA extensions' 'CREATE EXTENSION pg_trgm SCHEMA extensions' "
              "'CREATE EXTENSION unaccent SCHEMA extensions' 'GRANT USAGE ON SCHEMA extensions TO PUBLIC' "
              "'REVOKE ALL ON SCHEMA public FROM PUBLIC' | \"$0/postgres\" --single -F -D \"$1\" template1",
              bin, draft},
             user);
    fs::rename(draft, data);
  }
  close(lock);
  return data;
}

}  // namespace

struct Cluster::State {
  std::string folder;
  std::string bin;
  ChildOptions user;
  pid_t postmaster = 0;
  pid_t watcher = 0;
  int leash = -1;  // the watcher acts when this is closed
  Mutex mutex;
  int databases ABSL_GUARDED_BY(mutex) = 0;
  std::set<std::string> roles ABSL_GUARDED_BY(mutex);

  pg::SessionOptions Admin() const {
    pg::SessionOptions options;
    options.conninfo = absl::StrCat("host=", folder, " dbname=postgres user=postgres");
    options.application_name = "test";
    options.statement_timeout = absl::Minutes(1);
    return options;
  }

  void Start() {
    ChildOptions options = user;
    options.output = folder + "/log";
    options.folder = folder;
    postmaster = StartChild({bin + "/postgres",
                             "-D",
                             folder + "/data",
                             "-k",
                             folder,
                             "-c",
                             "listen_addresses=",
                             "-c",
                             "fsync=off",
                             "-c",
                             "full_page_writes=off",
                             "-c",
                             "max_connections=100",
                             "-c",
                             "shared_buffers=64MB",
                             "-c",
                             "autovacuum_naptime=5s",
                             "-c",
                             "log_min_messages=warning",
                             "-c",
                             "wal_level=minimal",
                             "-c",
                             "max_wal_senders=0"},
                            options);
    pg::Connection session(Admin());
    const absl::Time limit = absl::Now() + kStartLimit;
    const std::string socket = folder + "/.s.PGSQL.5432";
    while (!fs::exists(socket) || !session.Connect().ok()) {
      if (absl::Now() > limit || waitpid(postmaster, nullptr, WNOHANG) == postmaster) {
        GiveUp("it does not start; see its log:\n" + Log());
      }
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  std::string Log() const {
    std::string text;
    if (std::FILE* file = std::fopen((folder + "/log").c_str(), "r")) {
      char buffer[4096];
      for (size_t size = 0; (size = std::fread(buffer, 1, sizeof(buffer), file)) > 0;) text.append(buffer, size);
      std::fclose(file);
    }
    return text;
  }

  void Watch() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) GiveUp("cannot make a pipe");
    ChildOptions options;
    options.uid = geteuid();
    options.gid = getegid();
    options.input = ends[0];
    watcher = StartChild({"/bin/sh", "-c", kWatch, "watch", folder}, options);
    close(ends[0]);
    leash = ends[1];
  }

  std::vector<pid_t> Processes() const {
    std::vector<pid_t> all = ChildrenOf(postmaster);
    all.insert(all.begin(), postmaster);
    return all;
  }
};

Cluster& Cluster::Shared() {
  static Cluster cluster;
  return cluster;
}

Cluster::Cluster() : state_(std::make_unique<State>()) {
  state_->user = RunAs();
  state_->bin = FindBin();
  std::string folder = "/tmp/clpg.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) GiveUp("cannot make a folder under /tmp");
  state_->folder = folder;
  state_->Watch();
  const std::string data = Template(state_->bin, state_->user);
  if (chown(folder.c_str(), state_->user.uid, state_->user.gid) != 0) GiveUp("cannot give away " + folder);
  ChildOptions copy = state_->user;
  copy.output = folder + "/log";
  RunChild({"/bin/cp", "-a", "--reflink=auto", data, folder + "/data"}, copy);
  state_->Start();
}

Cluster::~Cluster() {
  close(state_->leash);
  // The postmaster is our child: it has to be reaped for the watcher to see it gone.
  waitpid(state_->postmaster, nullptr, 0);
  waitpid(state_->watcher, nullptr, 0);
}

pg::SessionOptions Cluster::NewDatabase(const std::string& schema, const std::vector<pg::Migration>& migrations) {
  const std::string role = schema + "_service";
  std::string database;
  bool new_role = false;
  {
    MutexLock lock(&state_->mutex);
    database = absl::StrCat("test_", ++state_->databases);
    new_role = state_->roles.insert(role).second;
    pg::Connection admin(state_->Admin());
    absl::Status status = admin.Connect();
    if (status.ok() && new_role) status = admin.Execute(absl::StrCat("CREATE ROLE ", role, " LOGIN"));
    if (status.ok()) status = admin.Execute(absl::StrCat("CREATE DATABASE ", database, " TEMPLATE template1"));
    if (!status.ok()) GiveUp(absl::StrCat("cannot create a database: ", status.ToString()));
  }
  pg::SessionOptions options;
  options.conninfo = absl::StrCat("host=", state_->folder, " dbname=", database, " user=", role);
  options.schema = schema;
  options.application_name = "test";

  pg::Connection owner(AsSuperuser(options));
  absl::Status status = owner.Connect();
  if (status.ok()) status = owner.Execute(absl::StrCat("CREATE SCHEMA ", schema, " AUTHORIZATION ", role));
  pg::Connection session(options);
  if (status.ok()) status = session.Connect();
  if (status.ok()) status = pg::Migrate(session, migrations);
  if (!status.ok()) GiveUp(absl::StrCat("cannot make the schema ", schema, ": ", status.ToString()));
  return options;
}

pg::SessionOptions Cluster::AsSuperuser(pg::SessionOptions options) {
  absl::StrAppend(&options.conninfo, " user=postgres");
  return options;
}

void Cluster::Kill() {
  // Together, as when the machine stops: alone, the backends would notice their postmaster's end and leave in order.
  for (const pid_t pid : state_->Processes()) kill(pid, SIGKILL);
  waitpid(state_->postmaster, nullptr, 0);
}

void Cluster::Restart() {
  if (waitpid(state_->postmaster, nullptr, WNOHANG) == 0) {
    kill(state_->postmaster, SIGINT);
    waitpid(state_->postmaster, nullptr, 0);
  }
  state_->Start();
}

void Cluster::Pause() {
  // The postmaster first, so that nothing new begins.
  kill(state_->postmaster, SIGSTOP);
  for (const pid_t pid : state_->Processes()) kill(pid, SIGSTOP);
}

void Cluster::Resume() {
  for (const pid_t pid : state_->Processes()) kill(pid, SIGCONT);
}

}  // namespace clientele::testing
