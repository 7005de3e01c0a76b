#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/core/mutex.h"
#include "common/pg/command.h"
#include "common/pg/migration.h"
#include "common/testing/database.h"

// A small resource for the tests of common/pg: things with a unique name.
namespace clientele::pg {

inline const std::vector<Migration>& ThingMigrations() {
  static const std::vector<Migration> migrations = {{"1001_thing", R"sql(
CREATE TABLE thing (
  id       uuid PRIMARY KEY,
  name     text COLLATE "C" NOT NULL,
  size     bigint NOT NULL DEFAULT 0,
  revision bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX thing_name ON thing (name);
)sql"}};
  return migrations;
}

// Each suite of tests has a database of its own.
class ThingsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SetServiceName("thing");
    options() = testing::Cluster::Shared().NewDatabase("thing", ThingMigrations());
  }
  static SessionOptions& options() {
    static auto* const options = new SessionOptions;
    return *options;
  }
};

// A connected session; a test without one ends.
inline std::unique_ptr<Connection> Connected(const SessionOptions& options) {
  auto session = std::make_unique<Connection>(options);
  if (!session->Connect().ok()) std::abort();
  return session;
}

// The number that `sql` answers in its first column.
inline int64_t Number(Session& session, const std::string& sql) {
  const absl::StatusOr<Rows> rows = session.ReadDynamic(sql, {});
  if (!rows.ok() || rows->empty()) std::abort();
  return rows->Int(0, 0);
}

inline void Await(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  while (!condition() && absl::Now() < limit) never.WaitFor(&mutex, absl::Milliseconds(1));
  ASSERT_TRUE(condition());
}

inline CallContext CallOf(const std::string& request_id, const std::string& body = "body") {
  CallContext call;
  call.principal = "user:anna@partners/1";
  call.method = "thing.v1.ThingService/CreateThing";
  call.request_id = request_id;
  call.request_hash = body;
  call.trace_id = "0af7651916cd43dd8448eb211c80319c";
  call.now = absl::FromUnixMicros(1767225600123456);
  call.deadline = absl::Now() + absl::Seconds(20);
  return call;
}

inline std::string NewId() { return Uuid::NewV7(absl::Now()).ToString(); }

inline Change ChangeOf(const std::string& id, const std::string& type, int64_t revision) {
  return {id, type, "things/" + id, "partners/1", 0, revision, "after", {"name", "size"}};
}

}  // namespace clientele::pg
