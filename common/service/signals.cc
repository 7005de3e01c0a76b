#include "common/service/signals.h"

#include <csignal>

namespace clientele::service {
namespace {

sigset_t Stops() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = Stops();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that is gone is an error of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::WaitFor(absl::Duration timeout) {
  const sigset_t set = Stops();
  const timespec wait = absl::ToTimespec(timeout);
  return sigtimedwait(&set, nullptr, &wait) > 0;
}

}  // namespace clientele::service
