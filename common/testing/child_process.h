#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace clientele::testing {

// How a process is started. Everything that fails here ends the test: without its database none can say anything.
struct ChildOptions {
  uid_t uid = 0;
  gid_t gid = 0;  // both are used where we are root only
  std::string output = "/dev/null";
  std::string folder = "/";
  int input = -1;  // file descriptor of its standard input; -1 is /dev/null
};

pid_t StartChild(const std::vector<std::string>& command, const ChildOptions& options);
// Runs to its end; aborts with the last lines of `options.output` where it fails.
void RunChild(const std::vector<std::string>& command, const ChildOptions& options);
// Processes whose parent is `parent`.
std::vector<pid_t> ChildrenOf(pid_t parent);
[[noreturn]] void GiveUp(const std::string& why);

}  // namespace clientele::testing
