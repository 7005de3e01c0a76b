#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "common/core/error.h"
#include "common/pg/things_test.h"

// Commands over things, as a store of a service has them.
namespace clientele::pg {

inline const WriteStatement kInsert{"thing_insert", R"sql(
entity AS (
  INSERT INTO thing (id, name) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING RETURNING id
))sql",
                                    2};
inline const WriteStatement kRename{"thing_rename", R"sql(
entity AS (UPDATE thing SET name = $2, revision = revision + 1 WHERE id = $1::uuid AND revision = $3::bigint RETURNING id
))sql",
                                    3};
inline const LoadStatement kByName{"thing_by_name", "SELECT id, revision FROM thing WHERE name = $1::text", 1};
inline const LoadStatement kById{"thing_by_id", "SELECT name, revision FROM thing WHERE id = $1::uuid ORDER BY name",
                                 1};

class CommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { options() = NewThings(); }
  static SessionOptions& options() {
    static auto* const options = new SessionOptions;
    return *options;
  }

  static WritePlan InsertPlan(const std::string& id, const std::string& name) {
    return {
        &kInsert,    Params().TextArray({id}).TextArray({name}), {ChangeOf(id, "thing.created", 1)}, "things/" + id, 1,
        std::nullopt};
  }

  // Creates a thing as a store would; answers its id, or ALREADY_EXISTS.
  static absl::StatusOr<std::string> Create(Session& session, CallContext& call, const std::string& name,
                                            int* writes = nullptr) {
    std::string id;
    const absl::Status status = RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
      const absl::StatusOr<Loaded> loaded = Load(session, call, kByName, Params().Text(name));
      if (!loaded.ok()) return loaded.status();
      const absl::StatusOr<std::optional<Recorded>> replayed = Replayed(*loaded, call);
      if (!replayed.ok()) return replayed.status();
      if (replayed->has_value()) {
        id = (*replayed)->resource.substr(7);
        return Step{true, {}};
      }
      if (loaded->count > 0) return MakeError(absl::StatusCode::kAlreadyExists, "NAME_TAKEN", "taken");
      id = NewId();
      if (writes != nullptr) ++*writes;
      return Step{false, InsertPlan(id, name)};
    });
    if (!status.ok()) return status;
    return id;
  }

  // Renames by a guarded update; `between` runs after the load.
  static absl::Status Rename(Session& session, CallContext& call, const std::string& id, const std::string& name,
                             const std::function<void(int)>& between = nullptr) {
    int attempt = 0;
    return RunCommand(session, call, [&]() -> absl::StatusOr<Step> {
      const absl::StatusOr<Loaded> loaded = Load(session, call, kById, Params().Text(id));
      if (!loaded.ok()) return loaded.status();
      const absl::StatusOr<std::optional<Recorded>> replayed = Replayed(*loaded, call);
      if (!replayed.ok()) return replayed.status();
      if (replayed->has_value()) return Step{true, {}};
      if (loaded->count == 0) return NotFound("THING", id);
      const int64_t revision = loaded->rows.Int(0, Loaded::kFirstColumn + 1);
      if (between) between(++attempt);
      return Step{false,
                  {&kRename,
                   Params().Text(id).Text(name).Int(revision),
                   {ChangeOf(id, "thing.renamed", revision + 1)},
                   "things/" + id,
                   revision + 1,
                   std::nullopt}};
    });
  }

  int64_t Count(const std::string& from) { return Number(*other_, "SELECT count(*) FROM " + from); }

  std::unique_ptr<Session> session_ = Connected(options());
  std::unique_ptr<Session> other_ = Connected(options());
};

}  // namespace clientele::pg
