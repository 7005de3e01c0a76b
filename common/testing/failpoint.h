#pragma once

// Places where a test can stop the process, or the piece of work that passes there, to prove that what follows picks
// up: CLIENTELE_FAILPOINT("saga.customer.create.establish.after"). True where the caller must go no further, as if it
// had died there. Compiled only with CLIENTELE_FAILPOINTS; in a release it is `false`, and its name is never made.
//
// From outside: the environment variable CLIENTELE_FAILPOINTS="name=crash,other=crash:3" kills the process (SIGKILL:
// nothing is flushed, nothing released) when it passes `name`, or passes `other` for the third time.
#ifdef CLIENTELE_FAILPOINTS

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/core/mutex.h"

namespace clientele::testing {

// The failpoints of this process. Thread-safe.
class Failpoints {
 public:
  // Answers whether the caller stops there.
  using Hook = std::function<bool(const std::string& name)>;

  static Failpoints& Shared() {
    static Failpoints& shared = *new Failpoints(std::getenv("CLIENTELE_FAILPOINTS"));
    return shared;
  }

  explicit Failpoints(const char* setting) {
    for (const absl::string_view entry : absl::StrSplit(setting == nullptr ? "" : setting, ',', absl::SkipEmpty())) {
      const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(entry, absl::MaxSplits('=', 1));
      const std::pair<absl::string_view, absl::string_view> action = absl::StrSplit(parts.second, ':');
      int nth = 1;
      if (action.first != "crash" || (!action.second.empty() && !absl::SimpleAtoi(action.second, &nth))) {
        std::abort();  // a fault that silently does not happen would make a test pass
      }
      crashes_[std::string(parts.first)] = nth;
    }
  }

  bool Pass(const std::string& name) {
    Hook hook;
    {
      MutexLock lock(&mutex_);
      const auto crash = crashes_.find(name);
      if (crash != crashes_.end() && --crash->second == 0) std::raise(SIGKILL);
      hook = hook_;
    }
    return hook && hook(name);
  }

  // Sees every failpoint that is passed from now on; empty for none.
  void SetHook(Hook hook) {
    MutexLock lock(&mutex_);
    hook_ = std::move(hook);
  }

 private:
  Mutex mutex_;
  std::map<std::string, int> crashes_ ABSL_GUARDED_BY(mutex_);
  Hook hook_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace clientele::testing

#define CLIENTELE_FAILPOINT(name) ::clientele::testing::Failpoints::Shared().Pass(name)
#else
#define CLIENTELE_FAILPOINT(name) false
#endif
