#include "common/testing/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace clientele::testing {

void GiveUp(const std::string& why) {
  std::fprintf(stderr, "the test's PostgreSQL: %s\n", why.c_str());
  std::abort();
}

pid_t StartChild(const std::vector<std::string>& command, const ChildOptions& options) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int input = options.input >= 0 ? options.input : open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (input < 0 || output < 0) GiveUp("cannot open " + options.output);
  const bool root = geteuid() == 0;
  const pid_t pid = fork();
  if (pid == 0) {
    // Only what is safe between fork and exec in a process with threads.
    setsid();
    const bool ready = dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0 &&
                       chdir(options.folder.c_str()) == 0 &&
                       (!root || (setgroups(0, nullptr) == 0 && setgid(options.gid) == 0 && setuid(options.uid) == 0));
    if (ready) execv(arguments[0], arguments.data());
    _exit(127);
  }
  if (options.input < 0) close(input);
  close(output);
  if (pid < 0) GiveUp("cannot start " + command[0]);
  return pid;
}

void RunChild(const std::vector<std::string>& command, const ChildOptions& options) {
  const pid_t pid = StartChild(command, options);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::ifstream file(options.output);
  std::stringstream text;
  text << file.rdbuf();
  GiveUp(command[0] + " failed:\n" + text.str());
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    // pid (command) state parent …: the command may hold anything.
    const size_t end = line.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(line.substr(end + 1));
    char state = 0;
    pid_t of = 0;
    if (rest >> state >> of && of == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

}  // namespace clientele::testing
