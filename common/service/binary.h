#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/pg/migration.h"
#include "common/service/assembly.h"

// What the main of every service shares: flags, modes, start, health, metrics and shutdown.
namespace clientele::service {

struct Binary {
  std::string name;  // customer: the schema, the service's name in consistency metadata, <name>-service in certificates
  std::vector<pg::Migration> migrations;  // after the foundation's
  // Not ok where its own configuration is wrong: the process does not start.
  std::function<absl::StatusOr<std::unique_ptr<Assembly>>(Environment&)> assemble;
};

// Parses flags, runs the mode asked for and returns the exit code: 0 done or stopped by SIGTERM, 1 cannot start (the
// reason in the log).
int Main(int argc, char** argv, const Binary& binary);

}  // namespace clientele::service
