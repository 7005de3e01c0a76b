#include "common/testing/database.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/core/mutex.h"

namespace clientele::testing {
namespace {

std::string Answer(pg::Session& session, const std::string& sql) {
  const absl::StatusOr<pg::Rows> rows = session.ReadDynamic(sql, {});
  return rows.ok() && !rows->empty() ? std::string(rows->Text(0, 0)) : rows.status().ToString();
}

// The folder of the socket, which is the cluster's own.
std::string FolderOf(const pg::SessionOptions& options) {
  for (const absl::string_view word : absl::StrSplit(options.conninfo, ' ')) {
    if (absl::StartsWith(word, "host=")) return std::string(word.substr(5));
  }
  return "";
}

TEST(Cluster, DatabasesAreApartAndTheRoleOwnsItsSchemaOnly) {
  const pg::SessionOptions one = Cluster::Shared().NewDatabase("customer", {});
  const pg::SessionOptions two = Cluster::Shared().NewDatabase("customer", {});
  EXPECT_NE(one.conninfo, two.conninfo);
  pg::Connection session(one);
  ASSERT_TRUE(session.Connect().ok());
  EXPECT_EQ(Answer(session, "SELECT current_user"), "customer_service");
  EXPECT_EQ(Answer(session, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");
  EXPECT_EQ(Answer(session, "SELECT count(*) FROM feed_epoch"), "1");
  EXPECT_EQ(Answer(session, "SELECT unaccent('\u00c9t\u00e9') || (similarity('abc', 'abc') = 1)::text"), "Etetrue");
  EXPECT_FALSE(session.Execute("CREATE TABLE public.stray (id int)").ok());
  EXPECT_FALSE(session.Execute("CREATE TABLE extensions.stray (id int)").ok());
  EXPECT_EQ(Answer(session, "SHOW server_encoding"), "UTF8");
  pg::Connection super(Cluster::AsSuperuser(one));
  ASSERT_TRUE(super.Connect().ok());
  EXPECT_EQ(Answer(super, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "t");
}

// A killed backend's socket closes when the kernel has taken the process down, a moment after the signal.
bool Breaks(pg::Session& session) {
  const absl::Time limit = absl::Now() + absl::Seconds(10);
  while (session.Alive() && absl::Now() < limit) {
  }
  return !session.Alive();
}

TEST(Cluster, WhatIsCommittedOutlivesAKill) {
  const pg::SessionOptions options = Cluster::Shared().NewDatabase("customer", {});
  pg::Connection session(options);
  ASSERT_TRUE(session.Connect().ok());
  ASSERT_TRUE(session.Execute("CREATE TABLE kept AS SELECT 7 AS number").ok());
  Cluster::Shared().Kill();
  EXPECT_TRUE(Breaks(session));
  EXPECT_FALSE(session.Connect().ok());
  Cluster::Shared().Restart();
  ASSERT_TRUE(session.Connect().ok());
  EXPECT_EQ(Answer(session, "SELECT number FROM kept"), "7");
  Cluster::Shared().Restart();
  EXPECT_TRUE(Breaks(session));
  ASSERT_TRUE(session.Connect().ok());
}

TEST(Cluster, APausedOneAnswersAfterItsPause) {
  const pg::SessionOptions options = Cluster::Shared().NewDatabase("customer", {});
  pg::Connection session(options);
  ASSERT_TRUE(session.Connect().ok());
  Cluster::Shared().Pause();
  Mutex mutex;
  CondVar changed;
  bool answered = false;
  std::thread reader([&] {
    const std::string answer = Answer(session, "SELECT 1");
    MutexLock lock(&mutex);
    EXPECT_EQ(answer, "1");
    answered = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(&mutex);
    changed.WaitFor(&mutex, absl::Milliseconds(100));
    EXPECT_FALSE(answered);
  }
  Cluster::Shared().Resume();
  reader.join();
}

TEST(Cluster, AKilledTestLeavesNothingBehind) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    execl(self.c_str(), self.c_str(), "--stay", nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 512> buffer{};
  while (!absl::StrContains(text, "folder=") || !absl::EndsWith(text, "\n")) {
    const ssize_t size = read(ends[0], buffer.data(), buffer.size());
    ASSERT_GT(size, 0) << text;
    text.append(buffer.data(), static_cast<size_t>(size));
  }
  close(ends[0]);
  std::string folder = text.substr(text.find("folder=") + 7);
  folder.resize(folder.find('\n'));
  ASSERT_TRUE(std::filesystem::exists(folder));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  while (std::filesystem::exists(folder) && absl::Now() < limit) never.WaitFor(&mutex, absl::Milliseconds(10));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace

// What AKilledTestLeavesNothingBehind kills.
static void StartClusterAndStay() {
  std::printf("folder=%s\n", FolderOf(Cluster::Shared().NewDatabase("customer", {})).c_str());
  std::fflush(stdout);
  pause();
}

}  // namespace clientele::testing

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--stay") clientele::testing::StartClusterAndStay();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
