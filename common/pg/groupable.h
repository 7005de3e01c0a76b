#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/pg/session.h"

namespace clientele::pg {

// A statement that one command runs, and that may run as one with its like: those of other commands with the same
// Statement. Private to common/pg.
class Groupable {
 public:
  static constexpr size_t kMaxGroup = 32;
  // Of all the members of a group.
  static constexpr size_t kMaxClaims = 128;

  virtual ~Groupable() = default;
  Groupable() = default;
  Groupable(const Groupable&) = delete;
  Groupable& operator=(const Groupable&) = delete;

  virtual const Statement& statement() const = 0;
  // Past it the statement is refused before it costs anything. Real time.
  virtual absl::Time deadline() const = 0;
  // What only one of a group may be about, such as the row that it changes.
  virtual const std::vector<std::string>& claims() const = 0;
  // Of statements that must not run with their like, each is a group.
  virtual bool alone() const = 0;

  // Runs `group`: statements of one class, of which this is one. Each notes what came of it, unless that is a failure.
  virtual absl::Status RunGroup(Session& session, const std::vector<Groupable*>& group) = 0;
  // Notes that it failed, or was not run.
  virtual void Refuse(const absl::Status& status) = 0;
};

// Runs `group` as one statement; where that fails by what one of them is, each by itself, so that none fails its
// neighbours. `settled` is told the place of each that knows its outcome: it is not touched again.
void RunTogether(Session& session, const std::vector<Groupable*>& group, const std::function<void(size_t)>& settled);

}  // namespace clientele::pg
