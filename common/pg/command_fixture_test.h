#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "common/core/error.h"
#include "common/pg/things_test.h"

// Commands over things, as a store of a service has them.
namespace clientele::pg {

inline const WriteStatement kInsert{"thing_insert",
                                    {{"ids", "uuid[]"}, {"names", "text[]"}},
                                    R"sql(
entity AS (
  INSERT INTO thing (id, name) SELECT made.* FROM given, unnest(given.ids, given.names) AS made
  ON CONFLICT DO NOTHING RETURNING id
))sql"};
inline const WriteStatement kRename{"thing_rename",
                                    {{"id", "uuid"}, {"name", "text"}, {"revision", "bigint"}},
                                    R"sql(
entity AS (
  UPDATE thing SET name = given.name, revision = thing.revision + 1 FROM given
  WHERE thing.id = given.id AND thing.revision = given.revision RETURNING thing.id
))sql"};
inline const LoadStatement kByName{
    "thing_by_name", {{"name", "text"}}, "SELECT id, revision FROM thing WHERE name = given.name"};
inline const LoadStatement kById{
    "thing_by_id", {{"id", "uuid"}}, "SELECT name, revision FROM thing WHERE id = given.id ORDER BY name"};

class CommandTest : public ThingsTest {
 protected:
  static WritePlan InsertPlan(const std::string& id, const std::string& name) {
    return PlanOf(kInsert, Params().TextArray({id}).TextArray({name}), ChangeOf(id, "thing.created", 1));
  }

  // Creates a thing as a store would; answers its id, or ALREADY_EXISTS.
  static absl::StatusOr<std::string> Create(Session& session, CallContext& call, const std::string& name,
                                            int* writes = nullptr) {
    return RunCommand(session, call, [&]() -> absl::StatusOr<Step<std::string>> {
      const absl::StatusOr<Loaded> loaded = Load(session, call, kByName, Params().Text(name));
      if (!loaded.ok()) return loaded.status();
      if (loaded->replayed.has_value()) return Step<std::string>{loaded->replayed->resource.substr(7)};
      if (loaded->count > 0) return MakeError(absl::StatusCode::kAlreadyExists, "NAME_TAKEN", "taken");
      const std::string id = NewId();
      if (writes != nullptr) ++*writes;
      return Step<std::string>{id, InsertPlan(id, name)};
    });
  }

  // Renames by a guarded update; `between` runs after the load.
  static absl::Status Rename(Session& session, CallContext& call, const std::string& id, const std::string& name,
                             const std::function<void(int)>& between = nullptr) {
    int attempts = 0;
    const auto attempt = [&]() -> absl::StatusOr<Step<NoAnswer>> {
      const absl::StatusOr<Loaded> loaded = Load(session, call, kById, Params().Text(id));
      if (!loaded.ok()) return loaded.status();
      if (loaded->replayed.has_value()) return Step<NoAnswer>{};
      if (loaded->count == 0) return NotFound("THING", id);
      const int64_t revision = loaded->rows.Int(0, Loaded::kFirstColumn + 1);
      if (between) between(++attempts);
      return Step<NoAnswer>{
          {}, PlanOf(kRename, Params().Text(id).Text(name).Int(revision), ChangeOf(id, "thing.renamed", revision + 1))};
    };
    return RunCommand(session, call, attempt).status();
  }

  int64_t Count(const std::string& from) { return Number(*other_, "SELECT count(*) FROM " + from); }

  std::unique_ptr<Connection> session_ = Connected(options());
  std::unique_ptr<Connection> other_ = Connected(options());
};

}  // namespace clientele::pg
