#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/saga/execution.h"

namespace clientele::saga {

// One saga at work. Whoever has it at the moment uses it without a lock; it is handed on through queues that lock.
struct Execution::Held {
  Held(std::string id, bool taken_over) : id(std::move(id)), taken_over(taken_over) {}

  const std::string id;
  const bool taken_over;  // by a claim, and so among those that RunnerOptions::max_running counts
  bool known = false;     // `row` is as the table has it
  bool counted = false;   // in the metrics
  int postponed = 0;      // times in a row that the database did not answer
  Row row;
  std::shared_ptr<Run> run;          // of the step that is taken
  std::optional<StepResult> result;  // of that step, to be stored
};

}  // namespace clientele::saga
