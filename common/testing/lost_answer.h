#pragma once

#include <atomic>

#include "common/testing/failpoint.h"

namespace clientele::testing {

// While it lives, the first write of a command is committed and its answer is lost: a commit in doubt that happened.
class LostAnswer {
 public:
  LostAnswer() {
    Failpoints::Shared().SetHook(
        [this](const std::string& name) { return name == "pg.write.committed" && !lost_.exchange(true); });
  }
  ~LostAnswer() { Failpoints::Shared().SetHook(nullptr); }
  LostAnswer(const LostAnswer&) = delete;
  LostAnswer& operator=(const LostAnswer&) = delete;

  bool lost() const { return lost_; }

 private:
  std::atomic<bool> lost_{false};
};

}  // namespace clientele::testing
